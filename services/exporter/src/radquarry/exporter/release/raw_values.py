"""The release check's own reading of a file: every value with its place, straight from the bytes.

It shares nothing with what reads files for cleaning, so that one's fault is not the other's.
"""

import mmap
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pydicom.datadict import dictionary_has_tag, dictionary_VR, repeater_has_tag

ENDLESS = 0xFFFFFFFF
WIDE = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
ALL = (*WIDE, "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST",
       "TM", "UI", "UL", "US")  # fmt: skip
DEFLATED, IMPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
MOST = 1 << 30
MOST_WASTED = 200_000
"""Elements that may be walked over without avail in one file, where a UN's items are tried in both encodings."""

PORTION = 4 << 20

Place = tuple[int, ...]


class NotReadable(Exception):  # noqa: N818 - what the file is
    """The bytes do not add up."""


class GivenUp(NotReadable):
    """The bytes may add up, in more ways than there is time for."""


class Value(NamedTuple):
    """One value: `place` has tags and item numbers from the top to what is around it."""

    place: Place
    tag: int
    vr: str
    data: memoryview


class RawFile:
    """A file as preamble, file meta information and data set."""

    def __init__(self, data: memoryview) -> None:
        if bytes(data[128:132]) != b"DICM":
            raise NotReadable("DICM is missing")
        self.preamble = bytes(data[:128])
        self.meta: list[Value] = []
        at = 132
        while at < len(data) and bytes(data[at : at + 2]) == b"\2\0":
            value, at = _Walk(data, "<", explicit=True).leaf(at, len(data))
            self.meta.append(value)
        self.syntax = next((text_of(value.data) for value in self.meta if value.tag == 0x00020010), "")
        self._rest = data[at:]
        if self.syntax == DEFLATED:
            self._rest = memoryview(zlib.decompressobj(-15).decompress(self._rest, MOST))

    def values(self) -> Iterator[Value]:
        """All leaves of the data set; items of a UN are read as such. Raises `NotReadable`."""
        order = ">" if self.syntax == BIG_ENDIAN else "<"
        yield from _Walk(self._rest, order, explicit=self.syntax != IMPLICIT).within(0, len(self._rest), ())


def text_of(data: memoryview) -> str:
    """ASCII without its padding."""
    return bytes(data).decode("latin-1").strip(" \0")


def alike(one: memoryview, other: memoryview) -> bool:
    """Compares in portions, and lets go of the mapped files' pages behind it."""
    if len(one) != len(other):
        return False
    for start in range(0, len(one), PORTION):
        if bytes(one[start : start + PORTION]) != bytes(other[start : start + PORTION]):
            return False
        for view in (one, other) if start else ():
            if isinstance(view.obj, mmap.mmap):
                view.obj.madvise(mmap.MADV_DONTNEED)
    return True


class _Walk:
    def __init__(self, data: memoryview, order: str, *, explicit: bool, spent: list[int] | None = None) -> None:
        self.data = data
        self.spent = [0, 0] if spent is None else spent
        """Elements walked over in the whole file, and those of them without avail."""
        self.order: str = "big" if order == ">" else "little"
        self.explicit = explicit
        self.at = 0

    def number(self, at: int, size: int) -> int:
        chunk = self.data[at : at + size]
        if len(chunk) < size:
            raise NotReadable("the file ends inside an element")
        return int.from_bytes(chunk, "big" if self.order == "big" else "little")

    def head(self, at: int) -> tuple[int, str, int, int]:
        """Tag, VR, length, and where the value begins."""
        tag = self.number(at, 2) << 16 | self.number(at + 2, 2)
        if tag >> 16 == 0xFFFE:
            return tag, "", self.number(at + 4, 4), at + 8
        if not self.explicit:
            known = dictionary_has_tag(tag) or repeater_has_tag(tag)
            return tag, dictionary_VR(tag)[:2] if known else "UN", self.number(at + 4, 4), at + 8
        vr = bytes(self.data[at + 4 : at + 6]).decode("latin-1")
        if vr not in ALL:
            raise NotReadable("a value representation is none")
        wide = vr in WIDE
        return tag, vr, self.number(at + 8, 4) if wide else self.number(at + 6, 2), at + (12 if wide else 8)

    def leaf(self, at: int, end: int) -> tuple[Value, int]:
        tag, vr, length, begin = self.head(at)
        if begin + length > end:
            raise NotReadable("an element is longer than what is around it")
        return Value((), tag, vr, self.data[begin : begin + length]), begin + length

    def within(self, at: int, end: int, place: Place) -> Iterator[Value]:
        """Leaves from `at` to `end`, or to the delimiter of the item; `self.at` is where it stopped."""
        if len(place) > 200:
            raise NotReadable("it is nested too deeply")
        while at < end:
            if end - at < 8 or not any(self.data[at : at + 8]):
                if any(self.data[at : min(end, at + 65536)]):
                    raise NotReadable("something stands behind the last element")
                break
            self.spent[0] += 1
            tag, vr, length, begin = self.head(at)
            if tag == 0xFFFEE00D:
                at = begin
                break
            if length == ENDLESS or vr == "SQ":
                yield from self._inside(tag, vr, begin, end if length == ENDLESS else begin + length, place)
                at = self.at if length == ENDLESS else begin + length
                continue
            if begin + length > end:
                raise NotReadable("an element is longer than what is around it")
            if vr == "UN" and bytes(self.data[begin : begin + 4]) == b"\xfe\xff\0\xe0":
                yield from self._unknown(tag, begin, begin + length, place)
            yield Value(place, tag, vr, self.data[begin : begin + length])
            at = begin + length
        self.at = at

    def _inside(self, tag: int, vr: str, at: int, end: int, place: Place) -> Iterator[Value]:
        if tag in (0x7FE00008, 0x7FE00009, 0x7FE00010):
            begin = at
            while self.number(at + 2, 2) != 0xE0DD:
                at += 8 + self.number(at + 4, 4)
            self.at = at + 8
            yield Value(place, tag, vr, self.data[begin : self.at])
            return
        walk = _Walk(self.data, "<", explicit=False, spent=self.spent) if vr == "UN" else self
        number = 0
        while at < end:
            item, _, length, begin = walk.head(at)
            if item == 0xFFFEE0DD:
                at = begin
                break
            if item != 0xFFFEE000:
                raise NotReadable("a sequence holds something else than items")
            inner_end = end if length == ENDLESS else begin + length
            if inner_end > end:
                raise NotReadable("an item is longer than its sequence")
            yield from walk.within(begin, inner_end, (*place, tag, number))
            at = walk.at if length == ENDLESS else inner_end
            number += 1
        self.at = at

    def _unknown(self, tag: int, at: int, end: int, place: Place) -> Iterator[Value]:
        """Items inside a UN, in whichever encoding they are."""
        for explicit in (False, True):
            walk, before = _Walk(self.data, "<", explicit=explicit, spent=self.spent), self.spent[0]
            try:
                inner = list(walk._inside(tag, "SQ", at, end, place))
            except GivenUp:
                raise
            except NotReadable:
                self.spent[1] += self.spent[0] - before + 1
                if self.spent[1] > MOST_WASTED:
                    raise GivenUp("values of an unknown kind can be read in too many ways") from None
                continue
            yield from inner
            return
