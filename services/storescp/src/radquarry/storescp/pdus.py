"""The upper layer's PDUs (PS3.8 section 9.3): their headers, the short ones whole, and the fragments of P-DATA-TF."""

import struct
from collections.abc import Iterator

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
HEADER = struct.Struct(">BxL")
FRAGMENT = struct.Struct(">LBB")
"""Length of context, control and value; context; control."""
COMMAND, LAST = 1, 2
"""Bits of a fragment's control byte (PS3.8 annex E.2)."""

RELEASED = HEADER.pack(RELEASE_RP, 4) + bytes(4)

SERVICE_USER, SERVICE_PROVIDER = 0, 2
REASON_NOT_SPECIFIED, UNEXPECTED_PDU, INVALID_PARAMETER = 0, 2, 6
"""Sources and reasons of an A-ABORT (PS3.8 Table 9-26)."""

Fragment = tuple[int, int, memoryview]
"""Presentation context, control, value."""


class Violation(Exception):  # noqa: N818 - it reads as the verdict it is
    """The peer breaks the protocol; the text says how and repeats nothing of what it sent."""

    def __init__(self, text: str, reason: int = INVALID_PARAMETER) -> None:
        super().__init__(text)
        self.reason = reason


def aborted(source: int, reason: int) -> bytes:
    """An A-ABORT."""
    return HEADER.pack(ABORT, 4) + bytes((0, 0, source, reason))


def rejected(result: int, source: int, reason: int) -> bytes:
    """An A-ASSOCIATE-RJ."""
    return HEADER.pack(ASSOCIATE_RJ, 4) + bytes((0, result, source, reason))


def fragments_of(body: memoryview) -> Iterator[Fragment]:
    """The presentation data values of a P-DATA-TF, not copied."""
    position, end = 0, len(body)
    while position < end:
        if end - position < FRAGMENT.size:
            raise Violation("a P-DATA-TF ends within an item")
        length, context_id, control = FRAGMENT.unpack_from(body, position)
        after = position + 4 + length
        if length < 2 or after > end:
            raise Violation("an item does not fit its P-DATA-TF")
        yield context_id, control, body[position + FRAGMENT.size : after]
        position = after


def one_fragment(context_id: int, command: bytes) -> bytes:
    """A whole command set as a P-DATA-TF."""
    item = FRAGMENT.pack(len(command) + 2, context_id, COMMAND | LAST) + command
    return HEADER.pack(P_DATA, len(item)) + item
