"""Pictures become Secondary Captures with the same pixels; what is in them beside pixels does not."""

import io
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from pydicom import dcmread

from tests.exporter.conversion.making import (
    converted,
    datasets,
    encoded,
    errors_in,
    laid,
    needs_dcmtk,
    needs_verifier,
    noise,
    only,
)

GRAY, WORD, COLOUR = noise(24, 30), noise(24, 30, dtype=np.uint16), noise(24, 30, 3)
KINDS = {
    "gray 8 bits, png": (encoded(GRAY), GRAY),
    "gray 8 bits, bmp": (encoded(GRAY, "BMP"), GRAY),
    "gray 8 bits, tiff, lzw": (encoded(GRAY, "TIFF", compression="tiff_lzw"), GRAY),
    "gray 16 bits, png": (encoded(WORD), WORD),
    "gray 16 bits, tiff": (encoded(WORD, "TIFF"), WORD),
    "colour, png": (encoded(COLOUR), COLOUR),
    "colour, bmp": (encoded(COLOUR, "BMP"), COLOUR),
    "odd size": (encoded(noise(5, 3)), noise(5, 3)),
    "1 bit": (encoded(Image.fromarray(GRAY > 99)), np.where(GRAY > 99, 255, 0)),
    "palette": (encoded(Image.fromarray(COLOUR).quantize(16)), None),
    "pages of 8 bits": (
        encoded([GRAY, GRAY[::-1], GRAY[:, ::-1]], "TIFF"),
        np.stack([GRAY, GRAY[::-1], GRAY[:, ::-1]]),
    ),
    "pages of 16 bits": (encoded([WORD, WORD[::-1]], "TIFF"), np.stack([WORD, WORD[::-1]])),
    "pages of colour": (encoded([COLOUR, COLOUR[::-1]], "TIFF"), np.stack([COLOUR, COLOUR[::-1]])),
    "gray, baseline JPEG": (encoded(GRAY, "JPEG"), None),
    "colour, baseline JPEG": (encoded(COLOUR, "JPEG"), None),
    "colour, baseline JPEG, not subsampled": (encoded(COLOUR, "JPEG", subsampling=0), None),
    "colour, progressive JPEG": (encoded(COLOUR, "JPEG", progressive=True), None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_has_the_same_pixels_afterwards(kind: str, tmp_path: Path) -> None:
    data, pixels = KINDS[kind]
    (outcome,) = converted(laid(tmp_path / "in", picture=data), out=tmp_path / "out")

    assert (outcome.state, outcome.notes) == ("converted", ())
    found = only(tmp_path / "out").pixel_array
    if pixels is None:
        with Image.open(io.BytesIO(data)) as image:
            pixels = np.asarray(image if image.mode == "L" else image.convert("RGB"))
    assert found.shape == pixels.shape
    assert np.abs(found.astype(int) - pixels).max() <= (2 if "baseline" in kind else 0)


@needs_verifier
def test_no_kind_of_picture_has_an_error(tmp_path: Path) -> None:
    for number, (data, _) in enumerate(KINDS.values()):
        converted(laid(tmp_path / f"{number}", picture=data), out=tmp_path / "out")

    counts = errors_in(tmp_path / "out")
    assert len(counts) == 7
    assert set(counts.values()) == {0}


def test_a_plain_jpeg_keeps_its_own_data_and_nothing_else(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Quarrymann 3.5.1962"
    data = encoded(COLOUR, "JPEG", exif=exif, comment=b"Quarrymann") + b"Quarrymann behind the end"
    converted(laid(tmp_path / "in", a=data), out=tmp_path / "out", given={})

    dataset = only(tmp_path / "out")
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.50"
    assert (dataset.PhotometricInterpretation, dataset.LossyImageCompression) == ("YBR_FULL_422", "01")
    assert b"Quarrymann" not in next((tmp_path / "out").rglob("*.dcm")).read_bytes()
    scan = data.index(b"\xff\xda")
    assert data[scan : data.rindex(b"\xff\xd9")] in dataset.PixelData


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_orientation_is_applied_and_exif_is_gone(kind: str, orientation: int, tmp_path: Path) -> None:
    pixels = np.zeros((40, 64), np.uint8)
    pixels[:8, :24] = 255
    upright = {2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1], 5: pixels.T, 6: np.rot90(pixels, -1),
               7: np.rot90(pixels, 2).T, 8: np.rot90(pixels)}[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = orientation, "Quarrymann"
    converted(laid(tmp_path / "in", a=encoded(pixels, kind, exif=exif)), out=tmp_path / "out", given={})

    found = only(tmp_path / "out").pixel_array
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).max() <= 40
    assert b"Quarrymann" not in next((tmp_path / "out").rglob("*.dcm")).read_bytes()


def test_transparency_is_laid_on_white_and_said(tmp_path: Path) -> None:
    clear = np.dstack([COLOUR, np.zeros((24, 30), np.uint8)])
    opaque = np.dstack([COLOUR, np.full((24, 30), 255, np.uint8)])
    folder = laid(tmp_path / "in", a=encoded(clear), b=encoded(opaque))

    first, second = converted(folder, out=tmp_path / "out")

    assert (first.notes, second.notes) == (("transparent parts were laid on white",), ())
    white, same = (each.pixel_array for each in datasets(tmp_path / "out"))
    assert (white == 255).all()
    assert (same == COLOUR).all()


def test_cmyk_and_a_profile_become_srgb(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    cmyk = encoded(Image.fromarray(COLOUR).convert("CMYK"), "TIFF")
    folder = laid(tmp_path / "in", a=cmyk, b=encoded(COLOUR, icc_profile=profile), c=encoded(COLOUR, icc_profile=b"x"))

    outcomes = converted(folder, out=tmp_path / "out")

    assert [each.notes for each in outcomes] == [
        (), (), ("its colour profile cannot be used; its colours are taken as sRGB",)]  # fmt: skip
    four, own, broken = datasets(tmp_path / "out")
    assert (broken.pixel_array == COLOUR).all()
    assert (np.abs(four.pixel_array.astype(int) - COLOUR) <= 1).all()
    assert (np.abs(own.pixel_array.astype(int) - COLOUR) <= 1).all()
    assert "ICCProfile" not in own


def tiff(pixels: Any, tags: dict[int, int]) -> bytes:
    """With tags that say something else of the same data."""
    data = bytearray(encoded(pixels, "TIFF"))
    start = int.from_bytes(data[4:8], "little")
    for entry in range(start + 2, start + 2 + 12 * int.from_bytes(data[start : start + 2], "little"), 12):
        tag = int.from_bytes(data[entry : entry + 2], "little")
        if tag in tags:
            data[entry + 8 : entry + 10] = tags[tag].to_bytes(2, "little")
    return bytes(data)


def test_where_0_is_white_black_is_0_afterwards(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a=tiff(GRAY, {262: 0}), b=tiff(WORD, {262: 0}))

    converted(folder, out=tmp_path / "out")

    eight, sixteen = (each.pixel_array for each in datasets(tmp_path / "out"))
    assert (eight == 255 - GRAY).all()
    assert (sixteen == 65535 - WORD).all()


def test_more_than_16_bits_are_refused_and_whole_numbers_that_fit_are_not(tmp_path: Path) -> None:
    folder = laid(
        tmp_path / "in", a=encoded(WORD.astype(np.int32), "TIFF"), b=encoded(WORD.astype(np.float32), "TIFF"),
        c=encoded(WORD.astype(np.int32) + 60000, "TIFF"), d=encoded(np.float32(WORD / 7), "TIFF"))  # fmt: skip

    states = [(each.state, each.reason) for each in converted(folder, out=tmp_path / "out")]

    assert [state for state, _ in states] == ["converted", "converted", "refused", "refused"]
    assert "more than 16 bits" in states[2][1]
    assert "no whole numbers" in states[3][1]
    assert all((each.pixel_array == WORD).all() for each in datasets(tmp_path / "out"))


def test_colour_of_16_bits_is_said_to_have_lost_some(tmp_path: Path) -> None:
    source = tmp_path / "deep.png"
    header = b"\0\0\0\2\0\0\0\1\x10\2\0\0\0"

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    rows = zlib.compress(b"\0" + bytes(range(12)))
    source.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))

    (outcome,) = converted(source, out=tmp_path / "out")

    assert outcome.notes == ("16 bits a colour became 8, as DICOM's colour images have",)
    assert only(tmp_path / "out").pixel_array.tolist() == [[[0, 2, 4], [6, 8, 10]]]


def test_pages_of_several_sizes_are_instances_of_their_own(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a=encoded([GRAY, noise(10, 12), COLOUR], "TIFF"), b=encoded(GRAY))

    outcomes = converted(folder, out=tmp_path / "out")

    assert [outcome.files for outcome in outcomes] == [3, 1]
    found = datasets(tmp_path / "out")
    assert [int(each.InstanceNumber) for each in found] == [1, 2, 3, 4]
    assert [each.pixel_array.shape for each in found] == [(24, 30), (10, 12), (24, 30, 3), (24, 30)]
    assert len({each.SeriesInstanceUID for each in found}) == 1


@needs_dcmtk
def test_dcmtk_decodes_what_was_kept_compressed(tmp_path: Path) -> None:
    data = encoded(COLOUR, "JPEG")
    converted(laid(tmp_path / "in", a=data), out=tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.dcm")

    done = subprocess.run(["dcmdjpeg", path, tmp_path / "plain.dcm"], capture_output=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image).astype(int)
    assert np.abs(dcmread(tmp_path / "plain.dcm").pixel_array.astype(int) - pixels).mean() < 4
