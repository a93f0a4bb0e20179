"""A file's attributes with those behind its pixels: signatures, padding, private groups. The pixels are skipped."""

import io
import os
from collections.abc import Iterable
from dataclasses import replace
from typing import BinaryIO

from pydicom import DataElement, Dataset
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileDataset
from pydicom.filereader import read_dataset

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.frame_places import CHUNK, fragments_of
from radquarry.api.dicomweb.headers import DEFERRED, HOSTILE, UNDEFINED, Header, PixelPlace, header_in, opened

FIRST_TAG = 0x00080000
"""Of a data set (PS3.5 section 7.1): what lies before is of messages and files, or bytes that fill up a block."""
DELIMITING = 0xFFFE
"""The group of items and their ends."""
DELIMITERS = (b"\xfe\xff\xdd\xe0", b"\xff\xfe\xe0\xdd")
"""Of a sequence, in either byte order; its length is 0."""

Element = DataElement | RawDataElement


def read_whole(file: InstanceFile) -> Header:
    """Everything but the pixels. Raises the problem to show where nothing can be read.

    Where the file ends too early, or what follows the pixels is no data set, the rest is given and is not whole.
    """
    with opened(file) as (stream, syntax):
        header = header_in(stream, syntax, file)
        try:
            return _completed(stream, header)
        except HOSTILE:
            return replace(header, is_whole=False)


def _completed(stream: BinaryIO, header: Header) -> Header:
    size = stream.seek(0, os.SEEK_END)
    if header.pixels is None:
        return replace(header, is_whole=_reaches(stream, elements_of(header.dataset), 0, size))
    end = _end(stream, header.pixels)
    if end >= size:
        return replace(header, is_whole=end == size)
    if _is_blank(stream, end, size):
        return header
    stream.seek(end)
    said = elements_of(_behind(stream, header.dataset))
    # tags ascend (PS3.5 7.1): who says a name or a UID again behind the pixels is not believed
    is_in_order = all(element.tag < FIRST_TAG or element.tag > header.pixels.tag for element in said)
    behind = [element for element in said if _is_in(element, size) and element.tag > header.pixels.tag]
    is_whole = is_in_order and _reaches(stream, behind, end, size)
    return replace(header, dataset=_joined(header.dataset, behind), is_whole=is_whole)


def elements_of(dataset: Dataset) -> list[Element]:
    """As they were read, none of them converted or fetched from the disk."""
    found = (dataset.get_item(tag, keep_deferred=True) for tag in dataset.keys())  # noqa: SIM118 - a data set yields elements
    return [element for element in found if isinstance(element, DataElement | RawDataElement)]


def _end(stream: BinaryIO, place: PixelPlace) -> int:
    if place.length is not None:
        return place.offset + place.length
    end = place.offset
    for start, length in fragments_of(stream, place.offset, None):
        end = start + length
    return end + 8  # of the sequence's delimiter


def _behind(stream: BinaryIO, front: Dataset) -> Dataset:
    implicit, little = front.original_encoding
    return read_dataset(
        stream,
        bool(implicit),
        bool(little),
        defer_size=None if isinstance(stream, io.BytesIO) else DEFERRED,
        parent_encoding=front.original_character_set,
    )


def _is_in(element: Element, size: int) -> bool:
    if element.tag < FIRST_TAG or element.tag >> 16 == DELIMITING:
        return False
    if isinstance(element, RawDataElement) and element.length != UNDEFINED:
        return element.value_tell + element.length <= size
    return True


def _joined(front: Dataset, behind: Iterable[Element]) -> Dataset:
    """Of their elements, still unread: put in one by one, the library would convert private ones."""
    merged = {element.tag: element for element in (*elements_of(front), *behind)}
    joined = FileDataset(str(front.filename), merged, front.preamble, front.file_meta)
    implicit, little = front.original_encoding
    joined.set_original_encoding(implicit, little, front.original_character_set)
    return joined


def _reaches(stream: BinaryIO, elements: Iterable[Element], start: int, size: int) -> bool:
    """Whether the last of them ends where the file does; bytes of zero may follow."""
    last = max(elements, key=_place, default=None)
    if last is None:
        return start > 0 and _is_blank(stream, start, size)
    if isinstance(last, RawDataElement) and last.length != UNDEFINED:
        end = last.value_tell + last.length
        return end <= size and _is_blank(stream, end, size)
    stream.seek(max(0, size - CHUNK))
    return stream.read(CHUNK).rstrip(b"\0").endswith(DELIMITERS)


def _place(element: Element) -> int:
    return element.value_tell if isinstance(element, RawDataElement) else element.file_tell or 0


def _is_blank(stream: BinaryIO, start: int, end: int) -> bool:
    stream.seek(start)
    return not any(stream.read(min(CHUNK, end - place)).strip(b"\0") for place in range(start, end, CHUNK))
