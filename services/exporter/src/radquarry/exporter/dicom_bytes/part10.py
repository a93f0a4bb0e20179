"""A DICOM file: preamble, file meta information, data set (PS3.10 section 7)."""

import sys
import zlib
from dataclasses import dataclass
from struct import pack

from pydicom.config import IGNORE
from pydicom.uid import UID

from radquarry.exporter.dicom_bytes.elements import (
    DEFLATED,
    EXPLICIT_LITTLE,
    IMPLICIT,
    Bytes,
    Dataset,
    Element,
    Unreadable,
    encoding_of,
    plain,
)
from radquarry.exporter.dicom_bytes.reading import read_beginning, read_dataset
from radquarry.exporter.dicom_bytes.writing import pieces_of

MOST_INFLATED = 1 << 30
"""Bytes that a deflated data set may have."""
IMPLEMENTATION_CLASS_UID = "2.25.207816042731547346410164371283309486337"
IMPLEMENTATION_VERSION_NAME = "RADQUARRY_0_1"


@dataclass(frozen=True)
class DicomFile:
    """What was read: the data set's elements, and how they were written; `left_out` were not kept when it was read."""

    transfer_syntax_uid: str
    dataset: Dataset
    left_out: int = 0


def read_file(view: memoryview, most_inflated: int = MOST_INFLATED, most_elements: int = sys.maxsize) -> DicomFile:
    """Raises `Unreadable`. The elements hold views of `view`, which must stay open; `most_elements` are kept."""
    if len(view) < 132 or bytes(view[128:132]) != b"DICM":
        raise Unreadable("no DICOM file: DICM is missing")
    start = _end_of_meta(view)
    meta = read_dataset(view[132:start], 0, EXPLICIT_LITTLE)
    syntax = plain(meta, 0x00020010)
    if not syntax:
        raise Unreadable("no transfer syntax is named")
    if UID(syntax, validation_mode=IGNORE).type != "Transfer Syntax":
        raise Unreadable("its transfer syntax is none of the standard")
    if syntax == DEFLATED:
        view, start = memoryview(_inflated(view[start:], most_inflated)), 0
    return DicomFile(syntax, *read_beginning(view, start, encoding_of(syntax), most_elements))


def _end_of_meta(view: memoryview) -> int:
    """Where group 0002 ends, by its elements: the group length is often wrong."""
    at = 132
    while at + 8 <= len(view) and view[at] == 2 and view[at + 1] == 0:
        vr = bytes(view[at + 4 : at + 6])
        if vr in (b"OB", b"UN", b"UT", b"OW"):
            at += 12 + int.from_bytes(view[at + 8 : at + 12], "little")
        else:
            at += 8 + int.from_bytes(view[at + 6 : at + 8], "little")
    if at > len(view):
        raise Unreadable("the file meta information is longer than the file")
    return at


def _inflated(view: memoryview, most: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(view, most)
    except zlib.error:
        raise Unreadable("the deflated data set is damaged") from None
    if not inflater.eof:
        raise Unreadable("the deflated data set is cut or too long")
    return data


def file_pieces(transfer_syntax_uid: str, dataset: Dataset) -> list[Bytes]:
    """The file as pieces to write: an empty preamble, a file meta information of our own, the data set."""
    pieces = pieces_of(dataset, encoding_of(transfer_syntax_uid))
    if transfer_syntax_uid == DEFLATED:
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        deflated = b"".join([*(deflater.compress(piece) for piece in pieces), deflater.flush()])
        pieces = [deflated + b"\0" * (len(deflated) & 1)]
    return [bytes(128) + b"DICM" + _meta(transfer_syntax_uid, dataset), *pieces]


def _meta(transfer_syntax_uid: str, dataset: Dataset) -> bytes:
    rows = [
        Element(0x00020001, b"OB", b"\0\1"),
        Element(0x00020002, b"UI", plain(dataset, 0x00080016).encode()),
        Element(0x00020003, b"UI", plain(dataset, 0x00080018).encode()),
        Element(0x00020010, b"UI", (transfer_syntax_uid or IMPLICIT).encode()),
        Element(0x00020012, b"UI", IMPLEMENTATION_CLASS_UID.encode()),
        Element(0x00020013, b"SH", IMPLEMENTATION_VERSION_NAME.encode()),
    ]
    content = b"".join(pieces_of(rows, EXPLICIT_LITTLE))
    return b"".join(pieces_of([Element(0x00020000, b"UL", pack("<L", len(content)))], EXPLICIT_LITTLE)) + content
