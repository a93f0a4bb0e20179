"""Slides become DICOM where the library for them is; else it is said how to get it."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.exporter.conversion.making import WHO, converted, datasets, encoded, errors_in, laid, needs_verifier, noise

HERE = find_spec("wsidicomizer") is not None
APERIO = "Aperio Image Library v11.2.1 \r\n1024x1024 (256x256) JPEG/RGB Q=70|AppMag = 20|MPP = 0.4990|User = Quarrymann"


@pytest.mark.skipif(HERE, reason="wsidicomizer is installed")
@pytest.mark.parametrize("name", ["a__svs", "a__tif"])
def test_without_the_library_it_is_said_how_to_add_it(name: str, tmp_path: Path) -> None:
    slide = encoded(noise(16, 16, 3), "TIFF", description=APERIO)
    folder = laid(tmp_path / "in", **{name: slide}, b__png=encoded(noise(4, 4)))

    outcomes = {each.name: each for each in converted(folder, out=tmp_path / "out")}

    assert outcomes["b.png"].state == "converted"
    assert outcomes[name.replace("__", ".")].reason == (
        "it is a slide; slides need a further library: pip install 'radquarry-exporter[slides]'"
    )


@pytest.mark.skipif(not HERE, reason="needs wsidicomizer: pip install 'radquarry-exporter[slides]'")
@needs_verifier
def test_a_slide_becomes_levels_without_errors_and_the_same_again(tmp_path: Path) -> None:
    from tifffile import TiffWriter  # noqa: PLC0415 - comes with wsidicomizer

    pixels = np.kron(noise(32, 32, 3), np.ones((32, 32, 1), np.uint8))
    small = {"compression": "jpeg", "photometric": "ycbcr", "description": APERIO, "metadata": None}
    with TiffWriter(tmp_path / "slide.svs") as tiff:
        tiff.write(pixels, tile=(256, 256), **small)
        tiff.write(pixels[::4, ::4], rowsperstrip=16, **small)
        tiff.write(pixels[::4, ::4], tile=(256, 256), **small)

    (outcome,) = converted(tmp_path / "slide.svs", out=tmp_path / "out")
    (again,) = converted(tmp_path / "slide.svs", out=tmp_path / "out")

    assert (outcome.state, again.state, outcome.files) == ("converted", "repeated", 3), (outcome.reason, again.reason)
    assert set(errors_in(tmp_path / "out").values()) == {0}
    found = datasets(tmp_path / "out")
    assert {(each.PatientID, str(each.PatientName), each.Modality) for each in found} == {
        (WHO["PatientID"], WHO["PatientName"], "SM")
    }
    assert max(each.TotalPixelMatrixColumns for each in found) == 1024
    assert not any(b"User" in path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm"))
