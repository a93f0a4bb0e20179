"""Names in bytes that count as pixels but are none do not leave; pictures as scanners write them do."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from radquarry.exporter.beside_pixels import reason_to_hold
from radquarry.exporter.codestreams import BEHIND, BROKEN, COMMENT, beside_jpeg, beside_jpeg2000
from radquarry.exporter.dicom_bytes.elements import Unreadable, found
from radquarry.exporter.dicom_bytes.part10 import read_file
from tests.exporter.cleaning import ct, sample_files, written

NAME = b"Quarrymann^Josefine PID4711234"
JPEG, JPEG_LS, JPEG_2000, RLE = (f"1.2.840.10008.1.2.{number}" for number in ("4.70", "4.80", "4.90", "5"))
SCAN = b"\xff\xda\0\x08\1\1\0\0\x3f\0 a scan \xff\0 \xff\xd0 of it"
SECOND = b"second"
NOT_AS_THEY_SAY = {"GDCMJ2K_TextGBR.dcm", "badVR.dcm", "nested_priv_SQ.dcm", "examples_overlay.dcm"}
"""A JP2 file in a fragment, pictures without a size, an icon (which cleaning removes)."""


def reason(data: bytes) -> str:
    return reason_to_hold(read_file(memoryview(data)))


def segment(marker: int, body: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(*segments: bytes, end: bytes = b"\xff\xd9") -> bytes:
    return b"\xff\xd8" + segment(0xDB, bytes(65)) + b"".join(segments) + SCAN + end


def jpeg_2000(*segments: bytes, in_tile: bytes = b"", end: bytes = b"\xff\xd9") -> bytes:
    tile = in_tile + b"\xff\x93 packets"
    start = segment(0x90, pack(">HLBB", 0, 12 + len(tile), 0, 1))
    return b"\xff\x4f" + segment(0x51, bytes(38)) + b"".join(segments) + start + tile + end


def of(syntax: str, *fragments: bytes, table: bytes = b"", frames: int = 1) -> bytes:
    dataset = ct()
    del dataset.PixelData
    dataset.NumberOfFrames = frames
    dataset.file_meta.TransferSyntaxUID = syntax
    items = [table, *(fragment + b"\0" * (len(fragment) & 1) for fragment in fragments)]
    pixels = b"".join(pack("<HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)
    head = pack("<HH2sxxL", 0x7FE0, 0x10, b"OB", 0xFFFFFFFF)
    return written(dataset) + head + pixels + pack("<HHL", 0xFFFE, 0xE0DD, 0)


def test_what_scanners_and_libraries_write_passes() -> None:
    held = {}
    for path in sample_files():
        data = path.read_bytes()
        if path.name in NOT_AS_THEY_SAY or b"1.2.840.10008.1.3.10" in data[:400]:
            continue
        file = None
        with suppress(Unreadable):
            file = read_file(memoryview(data))
        if file is not None and found(file.dataset, 0x7FE00010) is not None and (why := reason_to_hold(file)):
            held[path.name] = why

    assert held == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: setattr(d, "PixelData", d.PixelData + NAME), "longer than rows"),
        (lambda d: setattr(d, "PixelData", NAME), "shorter than rows"),
        (lambda d: setattr(d, "NumberOfFrames", "2"), "shorter than rows"),
        (lambda d: delattr(d, "Rows"), "how large"),
        (lambda d: setattr(d, "PixelData", d.PixelData + bytes(128)), ""),
        (lambda d: setattr(d, "ReferencedImageBoxSequence", Sequence([nested(0x7FE00010)])), "in a sequence"),
        (lambda d: d.add_new(0x7F000010, "OW", NAME), "group of their own"),
        (lambda d: setattr(d, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.9.4.1"), "sound"),
    ],
)  # fmt: skip
def test_pixels_that_are_not_as_large_as_said_or_stand_elsewhere_are_held_back(
    change: Callable[[FileDataset], object], words: str
) -> None:
    dataset = ct()
    change(dataset)

    said = reason(written(dataset))

    assert words in said
    assert bool(words) == bool(said)


def nested(tag: int) -> Dataset:
    item = Dataset()
    item.add_new(tag, "OB", NAME)
    return item


def test_pixel_data_that_stands_there_twice_is_held_back() -> None:
    again = pack("<HH2sxxL", 0x7FE0, 0x10, b"OW", len(NAME)) + NAME

    assert reason(written(ct()) + again) == "pixel data stands there twice"


@pytest.mark.parametrize(
    ("table", "frames", "held"),
    [(b"", 1, False), (pack("<L", 0), 1, False), (b"Quarrymann^Josefine.", 1, True), (b"Quar", 1, True),
     (pack("<L", 0) + SECOND, 2, False), (pack("<LL", 0, 4711), 2, True)],
)  # fmt: skip
def test_a_table_of_offsets_has_one_for_each_frame(table: bytes, frames: int, held: bool) -> None:
    picture = jpeg()
    second = 8 + len(picture) + len(picture) % 2
    table = table.replace(SECOND, pack("<L", second))

    assert bool(reason(of(JPEG, *[picture] * frames, table=table, frames=frames))) is held


@pytest.mark.parametrize("marker", [0xFE, 0xE0, 0xE1, 0xEE])
def test_a_comment_in_a_jpeg_is_held_back(marker: int) -> None:
    for syntax in (JPEG, JPEG_LS):
        assert reason(of(syntax, jpeg(segment(marker, NAME)))) == COMMENT
    assert (
        reason(of(JPEG, jpeg(segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xEE, b"Adobe\0d\0\0\0\0\1")))) == ""
    )


def test_a_comment_in_a_jpeg_2000_is_held_back_wherever_it_stands() -> None:
    comment, encoder = segment(0x64, b"\0\1" + NAME), segment(0x64, b"\0\1Kakadu-v5.2.1")

    assert reason(of(JPEG_2000, jpeg_2000(comment))) == COMMENT
    assert reason(of(JPEG_2000, jpeg_2000(in_tile=comment))) == COMMENT
    assert reason(of(JPEG_2000, jpeg_2000(encoder))) == ""


def test_what_stands_behind_or_between_pictures_is_held_back() -> None:
    assert reason(of(JPEG, jpeg(end=b"\xff\xd9" + NAME))) == BEHIND
    assert reason(of(JPEG_2000, jpeg_2000(end=b"\xff\xd9" + NAME))) == BEHIND
    assert reason(of(JPEG, jpeg(), NAME)) == BEHIND
    assert reason(of(JPEG, NAME)) == BROKEN
    assert reason(of(JPEG, jpeg(), jpeg())).startswith("it does not hold as many")
    assert reason(of(RLE, NAME)).startswith("its run-length encoding")
    assert reason(of("1.2.840.10008.1.2.4.102", NAME)).startswith("the pixels are compressed in a way")


def test_a_picture_may_be_in_several_fragments() -> None:
    picture = jpeg(segment(0xFE, NAME))

    assert reason(of(JPEG, picture[:50], picture[50:])) == COMMENT
    assert reason(of(JPEG, jpeg()[:50], jpeg()[50:])) == ""


def test_pixels_that_are_not_written_as_the_syntax_says_are_held_back() -> None:
    dataset = ct()
    data = written(dataset).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0", 1)

    assert reason(data) == "the pixels are not written as the transfer syntax says"


@given(st.binary(max_size=60), st.booleans())
def test_no_bytes_make_the_walk_fail_or_hang(data: bytes, ls: bool) -> None:
    for start in (b"", b"\xff\xd8", b"\xff\x4f", b"\xff\x4f\xff\x90\0\x0a"):
        assert beside_jpeg(start + data, lossless_ls=ls) in ("", BROKEN, COMMENT, BEHIND)
        assert beside_jpeg2000(start + data) in ("", BROKEN, COMMENT, BEHIND)


def test_a_real_picture_with_a_comment_put_into_it_is_held_back() -> None:
    data = Path(str(get_testdata_file("SC_rgb_jpeg_gdcm.dcm"))).read_bytes()
    at = data.index(b"\xff\xd8") + 2
    comment = segment(0xFE, NAME)
    length = int.from_bytes(data[at - 6 : at - 2], "little") + len(comment)
    changed = data[: at - 6] + length.to_bytes(4, "little") + data[at - 2 : at] + comment + data[at:]

    assert (reason(data), reason(changed)) == ("", COMMENT)
