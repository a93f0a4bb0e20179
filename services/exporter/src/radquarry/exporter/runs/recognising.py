"""What a file is by its bytes before it is read as DICOM: DICOM of an old kind, a directory, something packed."""

from typing import Literal

from radquarry.exporter.dicom_bytes.elements import LONG_VRS, SHORT_VRS, Unreadable, encoding_of, plain
from radquarry.exporter.dicom_bytes.reading import read_dataset

DIRECTORY = "1.2.840.10008.1.3.10"
"""Media Storage Directory Storage: a DICOMDIR."""
PACKED = {
    b"PK\3\4": "zip", b"PK\5\6": "zip", b"\x1f\x8b": "gzip", b"\x1f\x9d": "compress", b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz", b"7z\xbc\xaf\x27\x1c": "7-Zip", b"Rar!\x1a\7": "RAR", b"\x28\xb5\x2f\xfd": "Zstandard",
    b"MSCF\0\0\0\0": "cabinet", b"LZIP": "lzip",
}  # fmt: skip
"""By their first bytes."""
FIRST_GROUPS = (0x0000, 0x0002, 0x0004, 0x0008, 0x0010, 0x0018, 0x0020, 0x0028)
ENDING = 65557
"""Bytes at the end in which a zip archive's last record lies."""

Kind = Literal["dicom", "bare", "packed", "empty", "other"]


def kind_of(view: memoryview) -> tuple[Kind, str]:
    """The kind, and a reason for all but DICOM files."""
    if not len(view):
        return "empty", "it is empty"
    if bytes(view[128:132]) == b"DICM":
        return "dicom", ""
    if _may_be_a_dataset(bytes(view[:12])):
        return "bare", "it may be DICOM, but has no preamble"
    if packed := _packed_as(view):
        return "packed", f"it is packed ({packed}) where it is not unpacked; give what is in it"
    return "other", "it is no DICOM file"


def _may_be_a_dataset(start: bytes) -> bool:
    if start[:4] == b"DICM" or start[:2] in (b"\x08\0", b"\x02\0"):
        return True
    for order in ("little", "big"):
        if int.from_bytes(start[:2], order) in FIRST_GROUPS and start[4:6] in LONG_VRS | SHORT_VRS:
            return True
    return start[:8] in (b"\0\x08\0\0\0\0\0\4", b"\0\0\0\0\4\0\0\0")


def _packed_as(view: memoryview) -> str:
    start = bytes(view[:16])
    for beginning, name in PACKED.items():
        if start.startswith(beginning):
            return name
    if bytes(view[257:262]) == b"ustar":
        return "tar"
    if bytes(view[32769:32774]) == b"CD001":
        return "an image of a disk"
    return "zip" if b"PK\5\6" in bytes(view[-ENDING:]) else ""


def says_directory(view: memoryview) -> bool:
    """Whether the file meta information names the class of a DICOMDIR."""
    at = 132
    while at + 8 <= len(view) and bytes(view[at : at + 2]) == b"\2\0":
        long = bytes(view[at + 4 : at + 6]) in LONG_VRS
        size = view[at + 8 : at + 12] if long else view[at + 6 : at + 8]
        after = at + (12 if long else 8) + int.from_bytes(size, "little")
        if bytes(view[at : at + 4]) == b"\2\0\2\0":
            try:
                return plain(read_dataset(view[at:after], 0, encoding_of("")), 0x00020002) == DIRECTORY
            except Unreadable:
                return False
        at = after
    return False
