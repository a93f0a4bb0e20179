"""One answer of a C-FIND as bytes by keyword, read when asked for; hostile or broken values harm nobody."""

import re
import struct
from datetime import date, time
from functools import lru_cache

from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword
from pydicom.uid import UID

from radquarry.dicom.charset import decoded, trimmed
from radquarry.dicom.elements import NotADataSetError, elements
from radquarry.dicom.uids import checked_uid

MAX_TEXT = 1024
SPECIFIC_CHARACTER_SET = 0x00080005
DATE = re.compile(r"(\d{4})[.:-]?(\d{2})[.:-]?(\d{2})")
TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?")
DIGITS = re.compile(r"[+-]?\d{1,12}")
NUMBERS = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
"""VR of binary numbers → code in the module `struct` (PS3.5 Table 6.2-1)."""


class Malformed(Exception):  # noqa: N818 - reads as the verdict on a row that it is
    """This row cannot be used; the reason repeats nothing of it."""


class Row:
    """Values by DICOM keyword. `problems` gathers the keywords of what could not be read."""

    __slots__ = ("_charset", "_fallback", "_order", "_values", "problems")

    def __init__(self, values: dict[int, bytes], fallback: str, *, is_little_endian: bool = True) -> None:
        self._values = values
        self._fallback = fallback
        self._order = "<" if is_little_endian else ">"
        self._charset = trimmed(values.get(SPECIFIC_CHARACTER_SET, b"").decode("ascii", "replace"))
        self.problems: list[str] = []

    @classmethod
    def parsed(cls, identifier: bytes, transfer_syntax: UID, fallback: str) -> "Row":
        """The row in an encoded Identifier; raises `Malformed` when it is none."""
        if not identifier:
            raise Malformed("an answer without a data set")
        try:
            values = elements(identifier, transfer_syntax)
            return cls(values, fallback, is_little_endian=transfer_syntax.is_little_endian)
        except NotADataSetError:
            raise Malformed("an answer that is not a data set") from None

    @property
    def charset(self) -> str:
        """The Specific Character Set it names, values joined by a backslash; "" when it names none."""
        return self._charset

    def text(self, keyword: str) -> str:
        """Decoded, without padding, at most 1024 characters; "" when absent."""
        raw = self._values.get(_tag(keyword), b"")
        text, is_clean = decoded(raw[: 4 * MAX_TEXT], self._charset, self._fallback)
        if not is_clean:
            self.problems.append(keyword)
        return trimmed(text)[:MAX_TEXT]

    def texts(self, keyword: str) -> tuple[str, ...]:
        """The values of an attribute with several, without empty ones."""
        return tuple(value for part in self.text(keyword).split("\\") if (value := part.strip()))

    def values(self, keyword: str) -> tuple[str, ...]:
        """Every value of any attribute but a sequence, as text; binary numbers as digits, empty values left out."""
        vr = dictionary_VR(_tag(keyword)).partition(" ")[0]
        if vr in NUMBERS:
            return self._numbers(keyword, NUMBERS[vr])
        if dictionary_VM(_tag(keyword)) != "1":
            return self.texts(keyword)
        text = self.text(keyword)
        return (text,) if text else ()

    def _numbers(self, keyword: str, code: str) -> tuple[str, ...]:
        raw = self._values.get(_tag(keyword), b"")
        count, rest = divmod(len(raw), struct.calcsize(code))
        if rest:
            self.problems.append(keyword)
            return ()
        return tuple(str(number) for number in struct.unpack(f"{self._order}{count}{code}", raw))

    def uid(self, keyword: str) -> str:
        """Raises `NotAUid` when it is absent or no UID."""
        return checked_uid(self.text(keyword), keyword)

    def date(self, keyword: str) -> date | None:
        """DA, also in the form of ACR-NEMA (`1999.12.31`); None when absent or unreadable."""
        text = self.text(keyword)
        found = DATE.fullmatch(text)
        try:
            if found:
                return date(*map(int, found.groups()))
        except ValueError:
            pass
        self._note_unreadable(keyword, text)
        return None

    def time(self, keyword: str) -> time | None:
        """TM, also shortened or with colons; a leap second is the one before; None when absent or unreadable."""
        text = self.text(keyword)
        found = TIME.fullmatch(text)
        try:
            if found:
                hour, minute, second, fraction = (part or "" for part in found.groups())
                seconds = min(int(second or 0), 59)
                return time(int(hour), int(minute or 0), seconds, int(fraction.ljust(6, "0")))
        except ValueError:
            pass
        self._note_unreadable(keyword, text)
        return None

    def integer(self, keyword: str) -> int | None:
        """IS, or US written as text; None when absent or unreadable."""
        text = self.text(keyword)
        if DIGITS.fullmatch(text):
            return int(text)
        self._note_unreadable(keyword, text)
        return None

    def _note_unreadable(self, keyword: str, text: str) -> None:
        if text:
            self.problems.append(keyword)


@lru_cache(maxsize=512)
def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag
