"""The top-level elements of an encoded data set as bytes by tag (PS3.5 chapter 7).

pydicom's reader warns on, and partly follows, a Specific Character Set before anybody asked for text, and
converts what it reads; an answer of a C-FIND is flat, comes a million times, and may be hostile.
"""

import struct
import zlib

from pydicom.uid import UID

MAX_BYTES = 1_000_000
"""An answer is some hundred bytes; one beyond this is not read."""
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
LONG_VRS = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))


class NotADataSetError(ValueError):
    """The bytes end within an element, or are too many."""


def elements(encoded: bytes, transfer_syntax: UID) -> dict[int, bytes]:
    """Values as they stand, padding included; sequences of undefined length are passed over.

    Raises `NotADataSetError`.
    """
    if transfer_syntax.is_deflated:
        encoded = _inflated(encoded)
    if len(encoded) > MAX_BYTES:
        raise NotADataSetError("it is too long")
    order = "<" if transfer_syntax.is_little_endian else ">"
    header = _Header(encoded, order, is_implicit=transfer_syntax.is_implicit_VR)
    values: dict[int, bytes] = {}
    place = 0
    try:
        while place < len(encoded):
            tag, length, place = header.at(place)
            if length == UNDEFINED:
                place = _after_sequence(header, place)
                continue
            if place + length > len(encoded):
                raise NotADataSetError("it ends within an element")
            values[tag] = encoded[place : place + length]
            place += length
    except struct.error:
        raise NotADataSetError("it ends within an element") from None
    return values


class _Header:
    def __init__(self, encoded: bytes, order: str, *, is_implicit: bool) -> None:
        self._encoded = encoded
        self._tag = struct.Struct(order + "HH").unpack_from
        self._short = struct.Struct(order + "H").unpack_from
        self._long = struct.Struct(order + "L").unpack_from
        self._is_implicit = is_implicit

    def at(self, place: int) -> tuple[int, int, int]:
        """(tag, length of the value, place of the value)."""
        group, element = self._tag(self._encoded, place)
        tag = group << 16 | element
        if self._is_implicit or group == 0xFFFE:
            return tag, self._long(self._encoded, place + 4)[0], place + 8
        if self._encoded[place + 4 : place + 6] in LONG_VRS:
            return tag, self._long(self._encoded, place + 8)[0], place + 12
        return tag, self._short(self._encoded, place + 6)[0], place + 8


def _after_sequence(header: _Header, place: int) -> int:
    depth = 1
    while depth:
        tag, length, place = header.at(place)
        if tag in (ITEM_END, SEQUENCE_END):
            depth -= 1
        elif length == UNDEFINED:
            depth += 1
        elif tag != ITEM:
            place += length
    return place


def _inflated(encoded: bytes) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(encoded, MAX_BYTES + 1)
    except zlib.error:
        raise NotADataSetError("it is not deflated") from None
