"""One file's attributes up to its pixels, and where the pixels lie: long values and pixels stay on disk."""

import io
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filebase import DicomIO
from pydicom.filereader import read_file_meta_info
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.problems import Problem, unknown
from radquarry.dicom.uids import NotAUid, checked_uid

HOSTILE = (
    InvalidDicomError,
    BytesLengthException,
    struct.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What the library raises over bytes that are not what they say."""

PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
"""Float Pixel Data, Double Float Pixel Data, Pixel Data."""
PIXEL_VRS = {b"OB", b"OW", b"OF", b"OD", b"UN"}
DEFERRED = 64 * 1024
"""Longer values are not read with the header."""
MOST_INFLATED = 64 * 1024 * 1024
UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class PixelPlace:
    """The pixel element: where its value begins; `length` in bytes, None where it is encapsulated (PS3.5 A.4)."""

    tag: int
    vr: str
    offset: int
    length: int | None


@dataclass(frozen=True)
class Header:
    """`dataset` holds everything before the pixels; values longer than `DEFERRED` are still on disk.

    With `read_whole` it also holds what stands behind them, and `is_whole` says whether nothing of the file was left.
    """

    file: InstanceFile
    dataset: Dataset
    transfer_syntax: str
    pixels: PixelPlace | None
    is_whole: bool = True

    @property
    def is_big_endian(self) -> bool:
        """Explicit VR Big Endian, retired and still met."""
        return not self.dataset.original_encoding[1]


class Unreadable(Problem):
    """The file is in the archive and cannot be read as what it says it is; `reason` repeats nothing of it."""

    def __init__(self, reason: str) -> None:
        detail = "The file is in the archive, but cannot be read as DICOM; it can be fetched as it is."
        super().__init__(500, "unreadable-instance", "The file cannot be read", detail)
        self.reason = reason


def read_header(file: InstanceFile, only: Sequence[int] | None = None) -> Header:
    """`only` these tags, where not all are needed. Raises the problem to show."""
    with opened(file) as (stream, syntax):
        return header_in(stream, syntax, file, only)


def header_in(stream: BinaryIO, syntax: str, file: InstanceFile, only: Sequence[int] | None = None) -> Header:
    """As `read_header`, of a file that is open; leaves `stream` at the pixels' value, or at its end."""
    deferred = None if isinstance(stream, io.BytesIO) else DEFERRED
    try:
        dataset = dcmread(
            stream, stop_before_pixels=True, defer_size=deferred, specific_tags=list(only) if only else None
        )
        dataset.filename = str(file.path)  # where what is deferred is read from: the library knows a number only
        pixels = _pixel_place(stream, dataset)
        # a UID or nothing: it is repeated in the head of a part
        stored = syntax or checked_uid(str(dataset.file_meta.TransferSyntaxUID), "TransferSyntaxUID")
        return Header(file, dataset, stored, pixels)
    except (*HOSTILE, NotAUid) as error:
        raise unreadable(error) from None


@contextmanager
def opened(file: InstanceFile) -> Iterator[tuple[BinaryIO, str]]:
    """The file as its attributes lie in it; and its transfer syntax where that is not what is read (deflated)."""
    try:
        stream = os.fdopen(os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except OSError:
        raise unknown("instance") from None
    with stream:
        try:
            meta = read_file_meta_info(file.path)
            deflated = meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
            shown = _inflated(stream, meta) if deflated else stream
        except HOSTILE as error:
            raise unreadable(error) from None
        yield shown, str(DeflatedExplicitVRLittleEndian) if deflated else ""


def unreadable(error: Exception) -> Unreadable:
    """The problem to show for what the library raised."""
    if isinstance(error, InvalidDicomError):
        return Unreadable("it does not begin as a DICOM file does")
    if isinstance(error, EOFError):
        return Unreadable("it ends too early")
    if isinstance(error, OSError):
        return Unreadable("the disk does not give it")
    return Unreadable(f"its attributes are not what they say ({type(error).__name__})")


def _inflated(stream: BinaryIO, meta: FileMetaDataset) -> BinaryIO:
    """The data set unpacked in memory (PS3.5 section A.5), at most `MOST_INFLATED` bytes: it may be a bomb."""
    stream.seek(128 + 4 + 12 + meta.FileMetaInformationGroupLength)
    unpacking = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    plain = unpacking.decompress(stream.read(MOST_INFLATED), MOST_INFLATED)
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise ValueError("the deflated data set is too large, or ends early")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    whole = io.BytesIO()
    whole.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(DicomIO(whole), meta)
    whole.write(plain)
    whole.seek(0)
    return whole


def _pixel_place(stream: BinaryIO, dataset: Dataset) -> PixelPlace | None:
    """Read where the library stopped: at the tag of the pixel element, or at the end."""
    order = "<" if dataset.original_encoding[1] else ">"
    head = stream.read(12)
    if len(head) < 8:
        return None
    group, element = struct.unpack(f"{order}HH", head[:4])
    tag = group << 16 | element
    if tag not in PIXEL_TAGS:
        return None
    if head[4:6] in PIXEL_VRS:  # whatever the transfer syntax says: some files mix both forms
        vr = head[4:6].decode("ascii")
        (length,) = struct.unpack(f"{order}I", head[8:12])
    else:
        stream.seek(-4, io.SEEK_CUR)
        (length,) = struct.unpack(f"{order}I", head[4:8])
        vr = "OB" if length == UNDEFINED else "OW"
    return PixelPlace(tag, vr, stream.tell(), None if length == UNDEFINED else length)
