"""The head of a DICOM file (PS3.10 chapter 7), written before a data set's own bytes, and read again."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from radquarry.storescp.elements import Encoding, NotDicom, find_elements

IMPLEMENTATION_CLASS_UID = "2.25.128832298058692288363777501771310870685"
IMPLEMENTATION_VERSION_NAME = "RADQUARRY"
PREAMBLE = bytes(128) + b"DICM"
LONG_LENGTH = frozenset({b"OB"})

GROUP_LENGTH = 0x00020000
MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002
MEDIA_STORAGE_SOP_INSTANCE_UID = 0x00020003
TRANSFER_SYNTAX_UID = 0x00020010
SOURCE_APPLICATION_ENTITY_TITLE = 0x00020016


@dataclass(frozen=True)
class FileHead:
    """What the file meta information says; all values are ASCII and were checked before."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae_title: str


def write_head(head: FileHead) -> bytes:
    """Preamble, prefix and file meta information."""
    elements = b"".join(_elements(head))
    return PREAMBLE + _element(0x0000, b"UL", struct.pack("<L", len(elements))) + elements


def read_head(data: bytes | memoryview) -> tuple[FileHead, int]:
    """What `write_head` wrote, and the position of the data set; raises `NotDicom`."""
    if bytes(data[: len(PREAMBLE)][-4:]) != b"DICM":
        raise NotDicom("the file has no DICM prefix")
    wanted = {
        MEDIA_STORAGE_SOP_CLASS_UID,
        MEDIA_STORAGE_SOP_INSTANCE_UID,
        TRANSFER_SYNTAX_UID,
        SOURCE_APPLICATION_ENTITY_TITLE,
    }
    length, first = find_elements(data, Encoding(), {GROUP_LENGTH}, start=len(PREAMBLE))
    if len(length.get(GROUP_LENGTH, b"")) != 4:
        raise NotDicom("the file has no group length")
    end = first + int.from_bytes(length[GROUP_LENGTH], "little")
    values, _ = find_elements(bytes(data[:end]), Encoding(), wanted, start=first)
    text = {tag: values.get(tag, b"").decode("ascii", "replace").strip(" \0") for tag in wanted}
    head = FileHead(
        sop_class_uid=text[MEDIA_STORAGE_SOP_CLASS_UID],
        sop_instance_uid=text[MEDIA_STORAGE_SOP_INSTANCE_UID],
        transfer_syntax_uid=text[TRANSFER_SYNTAX_UID],
        calling_ae_title=text[SOURCE_APPLICATION_ENTITY_TITLE],
    )
    return head, end


def _elements(head: FileHead) -> Iterator[bytes]:
    yield _element(0x0001, b"OB", b"\0\1")
    yield _element(0x0002, b"UI", head.sop_class_uid.encode())
    yield _element(0x0003, b"UI", head.sop_instance_uid.encode())
    yield _element(0x0010, b"UI", head.transfer_syntax_uid.encode())
    yield _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID.encode())
    yield _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode())
    if head.calling_ae_title:
        yield _element(0x0016, b"AE", head.calling_ae_title.encode())


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    """One element of group 2, explicit VR little endian, padded to an even length."""
    value += (b"\0" if vr in (b"UI", b"OB") else b" ") * (len(value) % 2)
    if vr in LONG_LENGTH:
        return struct.pack("<HH2s2xL", 0x0002, number, vr, len(value)) + value
    return struct.pack("<HH2sH", 0x0002, number, vr, len(value)) + value
