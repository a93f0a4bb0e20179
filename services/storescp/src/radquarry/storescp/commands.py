"""DIMSE command sets (PS3.7 annex E): those of a request that are needed, and the answers."""

import struct
from dataclasses import dataclass

from radquarry.storescp.elements import Encoding, NotDicom, find_elements
from radquarry.storescp.pdus import Violation

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
RESPONSE = 0x8000
NO_DATA_SET = 0x0101

SUCCESS, OUT_OF_RESOURCES, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000
"""PS3.4 section B.2.3."""
SOP_CLASS_NOT_SUPPORTED, UNRECOGNIZED_OPERATION = 0x0122, 0x0211
"""PS3.7 annex C."""
COMMENT_LENGTH = 64

SOP_CLASS_UID, COMMAND_FIELD, MESSAGE_ID, ANSWERED_MESSAGE_ID = 0x0002, 0x0100, 0x0110, 0x0120
DATA_SET_TYPE, STATUS, ERROR_COMMENT, SOP_INSTANCE_UID = 0x0800, 0x0900, 0x0902, 0x1000
WANTED = frozenset({SOP_CLASS_UID, COMMAND_FIELD, MESSAGE_ID, DATA_SET_TYPE, SOP_INSTANCE_UID})
IMPLICIT = Encoding(implicit=True)
ELEMENT = struct.Struct("<HHL")
NUMBER = struct.Struct("<HHLH")


@dataclass(frozen=True)
class Command:
    """What a request says of itself; UIDs are not checked yet."""

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str


def read_command(command_set: bytes | bytearray) -> Command:
    """Raises `Violation` when the bytes are no command set."""
    try:
        values, _ = find_elements(memoryview(command_set), IMPLICIT, WANTED)
    except NotDicom as error:
        raise Violation(f"a command set cannot be read: {error}") from None
    numbers = [values.get(element, b"") for element in (COMMAND_FIELD, MESSAGE_ID, DATA_SET_TYPE)]
    if any(len(value) != 2 for value in numbers):
        raise Violation("a command set lacks its numbers")
    field, message_id, data_set_type = (int.from_bytes(value, "little") for value in numbers)
    return Command(
        field,
        message_id,
        data_set_type != NO_DATA_SET,
        _text(values.get(SOP_CLASS_UID, b"")),
        _text(values.get(SOP_INSTANCE_UID, b"")),
    )


def answer(command: Command, status: int, comment: str = "") -> bytes:
    """The command set of a response; it repeats the request's UIDs."""
    elements = (
        _element(SOP_CLASS_UID, command.sop_class_uid.encode("ascii", "replace"), b"\0")
        + NUMBER.pack(0, COMMAND_FIELD, 2, command.field | RESPONSE)
        + NUMBER.pack(0, ANSWERED_MESSAGE_ID, 2, command.message_id)
        + NUMBER.pack(0, DATA_SET_TYPE, 2, NO_DATA_SET)
        + NUMBER.pack(0, STATUS, 2, status)
        + _element(ERROR_COMMENT, comment[:COMMENT_LENGTH].encode("ascii", "replace"), b" ")
        + _element(SOP_INSTANCE_UID, command.sop_instance_uid.encode("ascii", "replace"), b"\0")
    )
    return ELEMENT.pack(0, 0, 4) + struct.pack("<L", len(elements)) + elements


def _element(number: int, value: bytes, padding: bytes) -> bytes:
    if not value:
        return b""
    value += padding * (len(value) % 2)
    return ELEMENT.pack(0, number, len(value)) + value


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace").strip(" \0")
