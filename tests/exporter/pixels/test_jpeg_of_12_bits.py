"""JPEG of 12 bits, as GDCM decodes it: what DCMTK makes of it, sample by sample, or nothing."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRLittleEndian, JPEGExtended12Bit

from radquarry.dicom.jpeg_of_12_bits import add_jpeg_of_12_bits, decode_frame
from radquarry.exporter.pixels.decoding import decoded
from radquarry.exporter.pixels.unread import PixelsUnread
from tests.exporter.cleaning import ct
from tests.exporter.conversion.making import converted, needs_dcmtk, sample

SAMPLES = ("JPEG-lossy.dcm", "JPGExtended.dcm")


def waves(*, is_signed: bool) -> np.ndarray:
    y, x = np.mgrid[0:61, 0:83]
    values = 2047 + 1900 * np.sin(x / 9) * np.cos(y / 7) + np.random.default_rng(1).normal(0, 30, y.shape)
    return values.clip(0, 4095).astype(np.int16) - 2048 * is_signed


def compressed(folder: Path, pixels: np.ndarray) -> Path:
    """By DCMTK, at 12 bits."""
    dataset = ct()
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, int(pixels.min() < 0)
    dataset.PixelData = pixels.astype("<i2").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(folder / "plain.dcm", enforce_file_format=True)
    command = ["dcmcjpeg", "+ee", "+q", "90", folder / "plain.dcm", folder / "jpeg.dcm"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder / "jpeg.dcm"


def by_dcmtk(path: Path, folder: Path) -> np.ndarray:
    subprocess.run(["dcmdjpeg", path, folder / "back.dcm"], check=True, capture_output=True, timeout=60)
    return dcmread(folder / "back.dcm").pixel_array


@needs_dcmtk
@pytest.mark.parametrize("is_signed", [False, True])
def test_it_is_decoded_like_dcmtk_does(is_signed: bool, tmp_path: Path) -> None:
    file = compressed(tmp_path, waves(is_signed=is_signed))
    assert dcmread(file).file_meta.TransferSyntaxUID == JPEGExtended12Bit

    samples = decoded(file, tmp_path / "samples")

    assert (samples.bits_allocated, samples.frames.shape) == (16, (1, 61, 83))
    assert (samples.frames[0] == by_dcmtk(file, tmp_path)).all()
    assert np.ptp(samples.frames[0]) > 2000


@needs_dcmtk
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_of_others_are_decoded_like_dcmtk_does(name: str, tmp_path: Path) -> None:
    samples = decoded(sample(name), tmp_path / "samples")

    assert (samples.frames[0] == by_dcmtk(sample(name), tmp_path)).all()


@pytest.mark.parametrize("name", SAMPLES)
def test_they_become_png(name: str, tmp_path: Path) -> None:
    (outcome,) = converted(sample(name), out=tmp_path / "out", to="png", given={})

    assert (outcome.state, outcome.files) == ("converted", 1)


def changed(folder: Path, of: bytes, to: bytes, **attributes: Any) -> Path:
    """A sample whose frame is another one."""
    dataset = dcmread(sample("JPEG-lossy.dcm"))
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    assert of in frame
    dataset.PixelData = encapsulate([frame.replace(of, to, 1)])
    dataset["PixelData"].is_undefined_length = True
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(folder / "changed.dcm")
    return folder / "changed.dcm"


@pytest.mark.parametrize(
    ("of", "to"),
    [(b"\xff\xd9", b""), (b"\xff\xc1\0\x0b\x0c\x04\0", b"\xff\xc1\0\x0b\x0c\x05\0"), (b"\xff\xd8", b"\0\0")],
)
def test_another_picture_than_is_said_is_not_decoded(of: bytes, to: bytes, tmp_path: Path) -> None:
    with pytest.raises(PixelsUnread, match="cannot be decoded"):
        decoded(changed(tmp_path, of, to), tmp_path / "samples")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_such_picture_never_reach_the_decoder(frame: bytes) -> None:
    runner: Any = SimpleNamespace(rows=4, columns=5, bits_allocated=16, samples_per_pixel=1, pixel_representation=0)
    with pytest.raises(ValueError, match="no grey JPEG of 12 bits"):
        decode_frame(b"\xff\xd8" + frame, runner)


@pytest.mark.parametrize("marker", [b"\xff\x3c", b"\xff\xfe", b"\xff\xc8", b"\xff\x00"])
def test_a_picture_without_its_tables_never_reaches_the_decoder(marker: bytes) -> None:
    dataset = dcmread(sample("JPEG-lossy.dcm"))
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    sides: Any = {"rows": dataset.Rows, "columns": dataset.Columns}
    runner: Any = SimpleNamespace(**sides, bits_allocated=16, samples_per_pixel=1, pixel_representation=0)
    with pytest.raises(ValueError, match="no grey JPEG of 12 bits"):
        decode_frame(frame.replace(b"\xff\xc4", marker, 1), runner)


def test_a_picture_that_ends_too_early_is_told_as_such() -> None:
    dataset = dcmread(sample("JPEG-lossy.dcm"))
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    sides: Any = {"rows": dataset.Rows, "columns": dataset.Columns}
    runner: Any = SimpleNamespace(**sides, bits_allocated=16, samples_per_pixel=1, pixel_representation=0)
    with pytest.raises(ValueError, match="cannot be decoded"):
        decode_frame(frame[:3000] + b"\xff\xd9", runner)


def test_pydicom_is_told_of_it_once() -> None:
    for _ in range(2):
        add_jpeg_of_12_bits()

    assert dcmread(sample("JPGExtended.dcm")).pixel_array.shape == (1024, 256)
