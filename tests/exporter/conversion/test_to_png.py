"""DICOM as PNG: every frame, as it is meant to be shown."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread

from tests.exporter.conversion.making import converted, needs_dcmtk, sample


def shown(folder: Path) -> list[np.ndarray]:
    return [np.asarray(Image.open(path)) for path in sorted(folder.rglob("*.png"))]


FRAMES = {
    "CT_small.dcm": 1, "MR_small_bigendian.dcm": 1, "MR_small_RLE.dcm": 1, "MR_small_jpeg_ls_lossless.dcm": 1,
    "JPEG2000.dcm": 1, "SC_rgb_jpeg_dcmtk.dcm": 1, "SC_rgb_rle_2frame.dcm": 2, "examples_palette.dcm": 1,
    "examples_ybr_color.dcm": 30, "rtdose.dcm": 15, "SC_rgb_rle_16bit_2frame.dcm": 2, "SC_rgb_gdcm_KY.dcm": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_becomes_a_picture(name: str, tmp_path: Path) -> None:
    (outcome,) = converted(sample(name), out=tmp_path, to="png")

    assert (outcome.state, outcome.files, outcome.reason) == ("converted", FRAMES[name], "")
    original = dcmread(sample(name))
    for picture in shown(tmp_path):
        assert picture.shape[:2] == (original.Rows, original.Columns)
        assert (picture.ndim == 3) == (original.SamplesPerPixel == 3 or "PALETTE" in original.PhotometricInterpretation)
        assert picture.min() < picture.max()


@needs_dcmtk
def test_a_lossless_jpeg_looks_as_its_original(tmp_path: Path) -> None:
    subprocess.run(["dcmcjpeg", "+e1", sample("MR_small.dcm"), tmp_path / "packed.dcm"], check=True, timeout=60)

    for number, path in enumerate((sample("MR_small.dcm"), tmp_path / "packed.dcm")):
        assert converted(path, out=tmp_path / f"{number}", to="png")[0].reason == ""

    one, other = (shown(tmp_path / f"{number}")[0] for number in range(2))
    assert (one == other).all()


def image(pixels: np.ndarray, folder: Path, **attributes: object) -> np.ndarray:
    """What a CT of these values looks like with these attributes."""
    dataset = dcmread(sample("CT_small.dcm"))
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "PixelPaddingValue"):
        dataset.pop(keyword, None)
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.PixelData = pixels.astype("<i2").tobytes()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.RescaleSlope = attributes.get("RescaleSlope", "1")
    folder.mkdir(parents=True)
    dataset.save_as(folder / "a.dcm")
    assert converted(folder, out=folder / "png", to="png")[0].reason == ""
    return shown(folder)[0]


def test_windows_and_lookup_tables_are_applied(tmp_path: Path) -> None:
    values = np.array([[0, 100, 200, 300]])
    lut = Dataset()
    lut.add_new("LUTDescriptor", "US", [4, 0, 8])
    lut.add_new("LUTData", "US", [0, 85, 170, 255])
    looks: list[tuple[dict[str, object], list[int]]] = [
        ({}, [0, 85, 170, 255]),
        ({"PhotometricInterpretation": "MONOCHROME1"}, [255, 170, 85, 0]),
        ({"WindowCenter": "100.5", "WindowWidth": "201"}, [0, 128, 255, 255]),
        (
            {"WindowCenter": "0.5", "WindowWidth": "201", "RescaleIntercept": "-100"},
            [0, 128, 255, 255],
        ),
        ({"WindowCenter": ["100.5", "7"], "WindowWidth": ["201", "1"]}, [0, 128, 255, 255]),
        ({"WindowCenter": "100", "WindowWidth": "0"}, [0, 85, 170, 255]),
        ({"VOILUTSequence": [lut], "RescaleSlope": "0.01", "RescaleIntercept": "0"}, [0, 85, 170, 255]),
    ]
    for number, (attributes, expected) in enumerate(looks):
        assert image(values, tmp_path / f"{number}", **attributes).tolist() == [expected], attributes
