"""Reads a data set out of bytes in bounded depth: every sequence into its items, those that are encoded as UN too."""

import sys
from struct import Struct

from radquarry.exporter.dicom_bytes.dictionary import vr_of
from radquarry.exporter.dicom_bytes.elements import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    ITEM,
    ITEM_END,
    LONG_VRS,
    PIXEL_DATA,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    Dataset,
    Element,
    Encoding,
    Unreadable,
)

DEEPEST = 64
MOST_IN_VAIN = 200_000
"""Elements of one file that may be read in vain, where a UN's bytes turn out not to be items of the encoding tried."""
ITEM_BYTES = bytes.fromhex("feff00e0")
_HEADS = {order: (Struct(f"{order}HH"), Struct(f"{order}H"), Struct(f"{order}L")) for order in "<>"}


def read_dataset(view: memoryview, start: int, encoding: Encoding) -> Dataset:
    """The elements from `start` to the end of `view`; zeros behind the last one are dropped. Raises `Unreadable`."""
    return read_beginning(view, start, encoding, sys.maxsize)[0]


def read_beginning(view: memoryview, start: int, encoding: Encoding, most: int) -> tuple[Dataset, int]:
    """The first `most` elements at any depth, and pixel data, of a data set that is read to its end all the same.

    How many were left out is told beside. Raises `Unreadable`.
    """
    effort = _Effort(most)
    dataset, _ = _Reader(view, encoding, effort).elements(start, len(view), 0)
    return dataset, effort.left_out


class _TooMuchInVain(Unreadable):
    """Not to be tried another way."""


class _Effort:
    """What reading a file has cost: nested UN that can be read in two ways doubles it at each depth."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.elements = self.left_out = 0
        self._in_vain = 0

    def lost(self, since: tuple[int, int]) -> None:
        """An attempt that began when so many elements were read, and left out, has failed."""
        self._in_vain += self.elements - since[0] + 1
        self.left_out = since[1]
        if self._in_vain > MOST_IN_VAIN:
            raise _TooMuchInVain("values of an unknown kind can be read in too many ways")


class _Reader:
    def __init__(self, view: memoryview, encoding: Encoding, effort: _Effort) -> None:
        self._view = view
        self._encoding = encoding
        self._effort = effort
        pair, short, long = _HEADS[encoding.order]
        self._pair, self._short, self._long = pair.unpack_from, short.unpack_from, long.unpack_from

    def elements(self, at: int, end: int, depth: int, *, delimited: bool = False) -> tuple[Dataset, int]:
        """Elements up to `end`, or behind the item's delimiter."""
        if depth > DEEPEST:
            raise Unreadable(f"sequences are nested more than {DEEPEST} deep")
        effort, view, read = self._effort, self._view, self._explicit if self._encoding.explicit else self._implicit
        dataset: Dataset = []
        while at < end:
            if end - at < 8:
                if any(view[at:end]):
                    raise Unreadable("bytes that are no element stand at the end")
                return dataset, end
            group, number = self._pair(view, at)
            tag = group << 16 | number
            if tag == ITEM_END and delimited:
                return dataset, at + 8
            if tag == 0 and depth == 0 and _only_zeros(view[at : min(end, at + 65536)]):
                return dataset, end
            if group == 0xFFFE:
                raise Unreadable("an item stands outside a sequence")
            effort.elements += 1
            is_kept = effort.elements <= effort.most or tag in PIXEL_DATA
            element, at = read(tag, at, end, depth)
            if is_kept:
                dataset.append(element)
            else:
                effort.left_out += 1
        if delimited:
            raise Unreadable("an item has no end")
        return dataset, at

    def _explicit(self, tag: int, at: int, end: int, depth: int) -> tuple[Element, int]:
        vr = bytes(self._view[at + 4 : at + 6])
        if vr in SHORT_VRS:
            return self._element(tag, vr, at + 8, self._short(self._view, at + 6)[0], (end, depth))
        if vr not in LONG_VRS or at + 12 > end:
            raise Unreadable(f"an element has no value representation that is known, in group {tag >> 16:04X}")
        return self._element(tag, vr, at + 12, self._long(self._view, at + 8)[0], (end, depth))

    def _implicit(self, tag: int, at: int, end: int, depth: int) -> tuple[Element, int]:
        length = self._long(self._view, at + 4)[0]
        vr = vr_of(tag) or b"UN"
        if length == UNDEFINED and tag not in PIXEL_DATA:
            vr = b"SQ"
        return self._element(tag, vr, at + 8, length, (end, depth))

    def _element(self, tag: int, vr: bytes, at: int, length: int, bounds: tuple[int, int]) -> tuple[Element, int]:
        end, depth = bounds
        if length == UNDEFINED:
            return self._undefined(Element(tag, vr), at, end, depth)
        after = at + length
        if after > end:
            raise Unreadable(f"an element of group {tag >> 16:04X} is longer than what is around it")
        element = Element(tag, vr, self._view[at:after])
        if vr == b"SQ":
            element.items, _ = self.sequence(at, after, depth + 1, delimited=False)
            element.value = b""
        elif vr == b"UN" and tag not in PIXEL_DATA:
            self._understand(element, at, after, depth)
        return element, after

    def _undefined(self, element: Element, at: int, end: int, depth: int) -> tuple[Element, int]:
        if element.vr == b"SQ" or (element.vr == b"UN" and element.tag not in PIXEL_DATA):
            reader = self if element.vr == b"SQ" else _Reader(self._view, IMPLICIT_LITTLE, self._effort)  # CP-246
            element.items, after = reader.sequence(at, end, depth + 1, delimited=True)
            element.inner = None if reader is self else IMPLICIT_LITTLE
            element.vr = b"SQ"
            return element, after
        if element.tag not in PIXEL_DATA:
            raise Unreadable(f"an element of group {element.tag >> 16:04X} has no length")
        after = self._end_of_fragments(at, end)
        element.value, element.fragments = self._view[at:after], True
        return element, after

    def _end_of_fragments(self, at: int, end: int) -> int:
        while at + 8 <= end:
            group, number = self._pair(self._view, at)
            length = self._long(self._view, at + 4)[0]
            tag = group << 16 | number
            if tag == SEQUENCE_END:
                return at + 8
            if tag != ITEM or length == UNDEFINED:
                break
            at += 8 + length
        raise Unreadable("encapsulated pixel data has no end")

    def sequence(self, at: int, end: int, depth: int, *, delimited: bool) -> tuple[list[Dataset], int]:
        items: list[Dataset] = []
        while at < end:
            if at + 8 > end:
                raise Unreadable("a sequence ends inside an item")
            group, number = self._pair(self._view, at)
            length = self._long(self._view, at + 4)[0]
            tag, at = group << 16 | number, at + 8
            if tag == SEQUENCE_END:
                return items, at if delimited else end
            if tag != ITEM:
                raise Unreadable("a sequence holds something else than items")
            if length == UNDEFINED:
                item, at = self.elements(at, end, depth, delimited=True)
            elif at + length > end:
                raise Unreadable("an item is longer than its sequence")
            else:
                item, at = self.elements(at, at + length, depth)
            if item or self._effort.elements <= self._effort.most:
                items.append(item)
        if delimited:
            raise Unreadable("a sequence has no end")
        return items, at

    def _understand(self, element: Element, at: int, after: int, depth: int) -> None:
        """A UN holds what the dictionary says of its tag, or items where its bytes are items to the end."""
        known = vr_of(element.tag)
        if bytes(self._view[at : at + 4]) == ITEM_BYTES:
            for encoding in (IMPLICIT_LITTLE, EXPLICIT_LITTLE):
                before = self._effort.elements, self._effort.left_out
                try:
                    reader = _Reader(self._view, encoding, self._effort)
                    items, _ = reader.sequence(at, after, depth + 1, delimited=False)
                except _TooMuchInVain:
                    raise
                except Unreadable:
                    self._effort.lost(before)
                    continue
                element.items, element.inner, element.value, element.vr = items, encoding, b"", b"SQ"
                if encoding == self._encoding:
                    element.inner, element.written_as = None, b"SQ"
                return
        if known is not None and known not in (b"SQ", b"UN"):
            element.vr = known


def _only_zeros(data: memoryview) -> bool:
    """Without a look at each byte in Python."""
    return bytes(data[:8]).count(0) == len(data[:8]) and bytes(data).count(0) == len(data)
