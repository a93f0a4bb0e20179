"""One answer of a C-FIND as bytes by keyword, read when asked for; hostile or broken values harm nobody."""

import re
from datetime import date, time
from functools import lru_cache

from pydicom.datadict import tag_for_keyword
from pydicom.uid import UID

from radquarry.dicom.charset import decoded, trimmed
from radquarry.dicom.elements import NotADataSetError, elements
from radquarry.dicom.uids import checked_uid

MAX_TEXT = 1024
SPECIFIC_CHARACTER_SET = 0x00080005
DATE = re.compile(r"(\d{4})[.:-]?(\d{2})[.:-]?(\d{2})")
TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?")
DIGITS = re.compile(r"[+-]?\d{1,12}")


class Malformed(Exception):  # noqa: N818 - reads as the verdict on a row that it is
    """This row cannot be used; the reason repeats nothing of it."""


class Row:
    """Values by DICOM keyword. `problems` gathers the keywords of what could not be read."""

    __slots__ = ("_charset", "_fallback", "_values", "problems")

    def __init__(self, values: dict[int, bytes], fallback: str) -> None:
        self._values = values
        self._fallback = fallback
        self._charset = trimmed(values.get(SPECIFIC_CHARACTER_SET, b"").decode("ascii", "replace"))
        self.problems: list[str] = []

    @classmethod
    def parsed(cls, identifier: bytes, transfer_syntax: UID, fallback: str) -> "Row":
        """The row in an encoded Identifier; raises `Malformed` when it is none."""
        if not identifier:
            raise Malformed("an answer without a data set")
        try:
            return cls(elements(identifier, transfer_syntax), fallback)
        except NotADataSetError:
            raise Malformed("an answer that is not a data set") from None

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
