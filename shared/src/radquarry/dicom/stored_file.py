"""A DICOM file as it is sent: its meta information says what it is, the rest goes as it lies there (PS3.10 7.1)."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pydicom.uid import ExplicitVRLittleEndian

from radquarry.dicom.elements import NotADataSetError, elements
from radquarry.dicom.storing import InFile, Parcel
from radquarry.dicom.uids import is_uid
from radquarry.errors import Permanent

PREAMBLE, GROUP_LENGTH = 132, 12
MOST_META = 1 << 20
"""Bytes of file meta information."""


class NotADicomFile(Permanent):
    """It does not say what it is; the text names no path."""


def parcel_of(path: Path) -> Parcel:
    """What a C-STORE request says of the file. Raises `NotADicomFile`, `OSError`."""
    with path.open("rb") as file:
        return _parcel(file, lambda begin: InFile(path, begin))


def parcel_in(part: bytes) -> Parcel:
    """The same of a file in memory. Raises `NotADicomFile`."""
    return _parcel(BytesIO(part), lambda begin: BytesIO(part[begin:]))


def _parcel(file: BinaryIO, data_from: Callable[[int], BytesIO | InFile]) -> Parcel:
    head = file.read(PREAMBLE + GROUP_LENGTH)
    if head[128:PREAMBLE] != b"DICM" or head[PREAMBLE : PREAMBLE + 6] != b"\x02\x00\x00\x00UL":
        raise NotADicomFile("it is no DICOM file")
    length = int.from_bytes(head[-4:], "little")
    meta = file.read(min(length, MOST_META))
    try:
        values = elements(meta, ExplicitVRLittleEndian)
    except NotADataSetError:
        raise NotADicomFile("its file meta information is damaged") from None
    sop_class, instance, syntax = (_uid(values.get(tag, b"")) for tag in (0x00020002, 0x00020003, 0x00020010))
    if len(meta) < length or not all(map(is_uid, (sop_class, instance, syntax))):
        raise NotADicomFile("its file meta information does not say what it is")
    return Parcel(sop_class, instance, syntax, data_from(len(head) + length))


def _uid(value: bytes) -> str:
    return value.decode("ascii", "replace").strip(" \0")
