"""Finds a few elements of an encoded data set without decoding the others (PS3.5 chapter 7).

Every byte comes from the network: steps and depth are bounded, nothing recurses, and the only error is `NotDicom`.
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
MAX_STEPS = 100_000
MAX_DEPTH = 64
MAX_VALUE = 1024
"""The longest value that is returned, in bytes."""

SHORT_LENGTH = frozenset(
    [
        *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO"),
        *(b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
    ]
)
"""VRs with a length of 16 bits (PS3.5 Table 7.1-2); every other one has 32, those still to come too."""
LITTLE_ENDIAN = struct.Struct("<HH2sH"), struct.Struct("<L")
BIG_ENDIAN = struct.Struct(">HH2sH"), struct.Struct(">L")
"""Tag, VR and a length of 16 bits; a length of 32."""


class NotDicom(Exception):  # noqa: N818 - it reads as the verdict it is
    """The bytes are no data set; the text says why and repeats nothing of them."""


@dataclass(frozen=True)
class Encoding:
    """How a transfer syntax writes its elements."""

    implicit: bool = False
    big_endian: bool = False


class Header(NamedTuple):
    """An element's begin: `value` is the position of its first value byte."""

    tag: int
    vr: bytes
    value: int
    length: int


def find_elements(
    data: bytes | memoryview, encoding: Encoding, wanted: Collection[int], start: int = 0
) -> tuple[dict[int, bytes], int]:
    """The values of the `wanted` tags at the top level, as bytes, and the position after the last of them.

    Reading stops at the first tag beyond them all. Raises `NotDicom` where the bytes do not hold together.
    """
    last, found, position = max(wanted), dict[int, bytes](), start
    open_sequences: list[bool] = []  # whether each one's content is written implicitly
    for _ in range(MAX_STEPS):
        if position == len(data) and not open_sequences:
            return found, position
        implicit = open_sequences[-1] if open_sequences else encoding.implicit
        header = _header(data, position, encoding, implicit=implicit)
        if not open_sequences:
            if header.tag > last:
                return found, position
            if header.tag in wanted:
                found[header.tag] = _value(data, header)
        position = _step(data, header, open_sequences, implicit=implicit)
    raise NotDicom("too many elements before the identifiers")


def _step(data: bytes | memoryview, header: Header, open_sequences: list[bool], *, implicit: bool) -> int:
    """Where the next element begins; opens and closes what has no defined length."""
    if header.tag in (ITEM_END, SEQUENCE_END):
        if not open_sequences:
            raise NotDicom("a sequence ends that never began")
        open_sequences.pop()
        return header.value
    if header.length == UNDEFINED:
        if len(open_sequences) >= MAX_DEPTH:
            raise NotDicom("sequences are nested too deeply")
        open_sequences.append(implicit or header.vr == b"UN")  # PS3.5 section 6.2.2 note 2
        return header.value
    end = header.value + header.length
    if end > len(data):
        raise NotDicom("an element is longer than the data set")
    return end


def _header(data: bytes | memoryview, position: int, encoding: Encoding, *, implicit: bool) -> Header:
    begin, long = BIG_ENDIAN if encoding.big_endian else LITTLE_ENDIAN
    try:
        group, element, vr, length = begin.unpack_from(data, position)
        tag = group << 16 | element
        if not implicit and vr in SHORT_LENGTH and group != 0xFFFE:
            return Header(tag, vr, position + 8, length)
        if implicit or group == 0xFFFE or not (vr.isalpha() and vr.isupper()):
            (length,) = long.unpack_from(data, position + 4)
            return Header(tag, b"", position + 8, length)
        (length,) = long.unpack_from(data, position + 8)
        return Header(tag, vr, position + 12, length)
    except struct.error:
        raise NotDicom("the data set ends within an element") from None


def _value(data: bytes | memoryview, header: Header) -> bytes:
    if header.length > MAX_VALUE:
        raise NotDicom("an identifier is too long")
    return bytes(data[header.value : header.value + header.length])
