"""Bytes become elements and the same bytes again, or are refused in words."""

from contextlib import suppress
from io import BytesIO
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from radquarry.exporter.dicom_bytes.elements import Element, Encoding, Unreadable, encoding_of, found
from radquarry.exporter.dicom_bytes.part10 import file_pieces, read_file
from radquarry.exporter.dicom_bytes.reading import DEEPEST, read_beginning, read_dataset
from radquarry.exporter.dicom_bytes.writing import LARGE, pieces_of
from tests.exporter.cleaning import cleaned, cleaner, ct, read, written

SYNTAXES = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)


@st.composite
def datasets(draw: st.DrawFn, depth: int = 0) -> Dataset:
    """Of texts, numbers, bytes, and sequences of such."""
    dataset = Dataset()
    for number in draw(st.sets(st.integers(1, 12), max_size=5)):
        kind = draw(st.sampled_from(["LO", "US", "OB", "UT", "SQ"] if depth < 3 else ["LO", "US", "OB", "UT"]))
        tag = 0x00090000 | 0x1000 | number
        if kind == "SQ":
            items = draw(st.lists(datasets(depth=depth + 1), max_size=2))
            dataset.add_new(tag, "SQ", Sequence(items))
            dataset[tag].is_undefined_length = draw(st.booleans())
        elif kind == "US":
            dataset.add_new(tag, "US", draw(st.integers(0, 65535)))
        elif kind == "OB":
            dataset.add_new(tag, "OB", draw(st.binary(max_size=20)) * 2)
        else:
            dataset.add_new(tag, kind, draw(st.text("abc^ ", max_size=20)))
    return dataset


def encoded(dataset: Dataset, syntax: str) -> bytes:
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    write_dataset(out, dataset)
    return out.getvalue()


@given(datasets(), st.sampled_from(SYNTAXES))
def test_written_again_it_reads_the_same(dataset: Dataset, syntax: str) -> None:
    encoding = encoding_of(syntax)

    once = b"".join(pieces_of(read_dataset(memoryview(encoded(dataset, syntax)), 0, encoding), encoding))
    twice = b"".join(pieces_of(read_dataset(memoryview(once), 0, encoding), encoding))

    assert once == twice


@settings(max_examples=300)
@given(st.binary(max_size=400), st.booleans(), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, explicit: bool, big: bool) -> None:
    encoding = Encoding(explicit, big_endian=explicit and big)
    with suppress(Unreadable):
        pieces_of(read_dataset(memoryview(data), 0, encoding), encoding)


@given(st.data())
def test_a_file_with_a_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(written(ct()))
    for _ in range(3):
        whole[data.draw(st.integers(0, 5000))] = data.draw(st.integers(0, 255))
    with suppress(Unreadable):
        cleaned(bytes(whole), cleaner())


@pytest.mark.parametrize("end", [131, 140, 200, 401, 2001, -1])
def test_a_cut_file_is_refused(end: int) -> None:
    with pytest.raises(Unreadable):
        read_file(memoryview(written(ct())[:end]))


def test_nesting_has_an_end() -> None:
    one = pack("<HH2sxxL", 0x0008, 0x1140, b"SQ", 0xFFFFFFFF) + pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    with pytest.raises(Unreadable, match=f"more than {DEEPEST} deep"):
        read_dataset(memoryview(one * 5000), 0, Encoding(explicit=True))


def test_a_deflated_bomb_is_not_inflated_to_its_end() -> None:
    dataset = ct()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.PixelData = bytes(50_000_000)
    bomb = memoryview(written(dataset))

    with pytest.raises(Unreadable, match="cut or too long"):
        read_file(bomb, most_inflated=1_000_000)
    assert found(read_file(bomb).dataset, 0x7FE00010) is not None


@pytest.mark.parametrize("syntax", [*SYNTAXES[:2], DeflatedExplicitVRLittleEndian])
def test_a_file_keeps_its_transfer_syntax(syntax: str) -> None:
    dataset = ct()
    dataset["PixelData"].VR = "OW"
    file = BytesIO()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(file, implicit_vr=syntax == ImplicitVRLittleEndian, enforce_file_format=True)

    done = read(cleaned(file.getvalue(), cleaner())[0])

    assert done.file_meta.TransferSyntaxUID == syntax
    assert (done.Rows, done.PatientIdentityRemoved) == (dataset.Rows, "YES")
    assert done.PixelData == dataset.PixelData


def test_encapsulated_pixels_are_the_same_bytes() -> None:
    dataset = ct()
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    fragments = pack("<HHL", 0xFFFE, 0xE000, 0) + pack("<HHL", 0xFFFE, 0xE000, 4) + b"\xff\x4f\xff\x51"
    dataset.PixelData = fragments
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"

    output, _ = cleaned(written(dataset), cleaner())

    assert fragments + pack("<HHL", 0xFFFE, 0xE0DD, 0) in output
    assert read(output).PixelData == fragments


def test_a_large_value_is_not_copied() -> None:
    dataset = ct()
    dataset.PixelData = bytes(LARGE)
    data = memoryview(written(dataset))

    file = cleaner().clean(read_file(data)).file
    pixels = found(file.dataset, 0x7FE00010)

    assert pixels is not None
    assert isinstance(pixels.value, memoryview)
    assert pixels.value.obj is data.obj
    assert any(piece is pixels.value for piece in file_pieces(file.transfer_syntax_uid, file.dataset))


@pytest.mark.parametrize("charset", [b"IS\0_IR 100", b"ISO_IR 999\\x", b"\xff\xfe", b"ISO 2022 IR 6\\ISO_IR 192\\GBK"])
def test_a_character_set_that_is_none_stops_nobody(charset: bytes) -> None:
    data = written(ct())
    old = data.index(b"\x08\0\x05\0CS")
    length = int.from_bytes(data[old + 6 : old + 8], "little")
    padded = charset + b" " * (len(charset) & 1)
    changed = data[: old + 6] + pack("<H", len(padded)) + padded + data[old + 8 + length :]

    output, _ = cleaned(changed, cleaner())

    assert b"Quarrymann" not in output


def counted(elements: list[Element]) -> int:
    return len(elements) + sum(counted(item) for element in elements for item in element.items or ())


@given(datasets(), st.sampled_from(SYNTAXES), st.integers(0, 40))
def test_what_is_not_kept_of_a_data_set_is_counted(dataset: Dataset, syntax: str, most: int) -> None:
    data, encoding = memoryview(encoded(dataset, syntax)), encoding_of(syntax)
    whole = read_dataset(data, 0, encoding)

    some, left_out = read_beginning(data, 0, encoding, most)

    assert counted(some) == min(most, counted(whole))
    assert counted(some) + left_out == counted(whole)
    assert [element.tag for element in some] == [element.tag for element in whole][: len(some)]
