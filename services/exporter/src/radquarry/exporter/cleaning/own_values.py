"""The patient's own names, ids and accession numbers, searched for in whatever stays, in every spelling we know."""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import unquote

from radquarry.exporter.cleaning.spelt import (
    NEVER,
    SUBSTRING_ID,
    bytes_pattern,
    folded,
    id_patterns,
    name_patterns,
    numbers_in,
    spelt_ids,
)
from radquarry.exporter.cleaning.written_days import Day, days_of, written

CAMEL = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")
A_UID = re.compile(r"\d+(?:\.\d+){3,}")
DIGITS_ALONE = re.compile(r"[+-]?0*([1-9]\d*)(?:\.0*)?")


@dataclass
class Identity:
    """What a file says of whom it is about, gathered at any depth."""

    patient_id: str = ""
    names: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    uids: dict[str, str] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    """Eight digits each."""
    encodings: set[str] = field(default_factory=set)
    """In which the file's texts are."""

    def spellings(self) -> "Spellings":
        """Compiled once for every combination of names and ids: the files of a patient share it."""
        person = _person(frozenset(self.names), frozenset(self.ids), frozenset(self.encodings))
        return Spellings(person, frozenset(self.dates), frozenset(self.uids))


@dataclass(frozen=True)
class Person:
    """`text` and `apart` match folded text, `apart` only whole words; `data` bytes; `numbers` are ids of digits."""

    text: re.Pattern[str]
    apart: re.Pattern[str]
    data: re.Pattern[bytes]
    numbers: frozenset[str]


@dataclass(frozen=True)
class Spellings:
    """What is searched for in one file."""

    person: Person
    dates: frozenset[str]
    uids: frozenset[str]

    @property
    def text(self) -> re.Pattern[str]:
        """Matches folded text that says a name or an id."""
        return self.person.text

    @cached_property
    def days(self) -> frozenset[Day]:
        """The dates as numbers."""
        return days_of(self.dates)

    def found(self, text: str, *, apart: bool = False) -> bool:
        """Whether the text says one of them; `apart`: only as words of their own."""
        return any(any(self._spans(folded(reading), apart=apart)) for reading in _readings(text))

    def cleaned(self, text: str) -> str:
        """The text with an X for each hit; all of it becomes one where a hit cannot be told apart."""
        for reading in (text, CAMEL.sub(" ", text)):
            cleaned = self._without(unicodedata.normalize("NFC", reading))
            if not self.found(cleaned):
                return cleaned
        return "X"

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where a composed text (NFC) says one of them: begin and end; they may overlap."""
        plain, places = _folded_with_places(text)
        for begin, end in self._spans(plain):
            yield places[begin], places[end - 1] + 1

    def in_data(self, data: bytes) -> bool:
        """Whether bytes that are no text say one of them."""
        if self.person.data.search(data):
            return True
        whole = [uid for uid in self.uids if uid.encode("ascii", "replace") in data]
        if any(re.search(rb"(?<![0-9.])%b(?![0-9])" % re.escape(uid.encode()), data) for uid in whole):
            return True
        return any(re.search(rb"(?<!\d)%b(?!\d)" % re.escape(day), data) for day in self._days_in_data if day in data)

    @cached_property
    def _days_in_data(self) -> tuple[bytes, ...]:
        texts = []
        for date in self.dates:
            year, month, day = date[:4], date[4:6], date[6:]
            texts += [date, f"{year}-{month}-{day}", f"{day}.{month}.{year}"]
            texts += [f"{month}/{day}/{year}", f"{day}/{month}/{year}"]
        return tuple(text.encode() for text in texts)

    @cached_property
    def _digits(self) -> tuple[bytes, ...]:
        return tuple(number.encode() for number in self.person.numbers | self.dates)

    def in_numbers(self, data: bytes) -> bool:
        """Whether one of the numbers (DS, IS) is an id of the patient, or a date."""
        if not any(digits in data for digits in self._digits):
            return False
        parts = (DIGITS_ALONE.fullmatch(part.strip(" \0")) for part in data.decode("latin-1").split("\\"))
        return any(part[1] in self.person.numbers or part[1] in self.dates for part in parts if part)

    def in_times(self, data: bytes) -> bool:
        """Whether one of the times (TM) begins with a date."""
        return any(part.strip()[:8].decode("latin-1") in self.dates for part in data.split(b"\\"))

    def _spans(self, plain: str, *, apart: bool = False) -> Iterator[tuple[int, int]]:
        yield from (hit.span() for hit in (self.person.apart if apart else self.text).finditer(plain))
        yield from written(plain, self.days)
        if self.uids and "." in plain:
            yield from (hit.span() for hit in A_UID.finditer(plain) if hit[0] in self.uids)

    def _without(self, text: str) -> str:
        plain, places = _folded_with_places(text)
        pieces, at = [], 0
        for begin, end in sorted(self._spans(plain)):
            if places[begin] >= at:
                pieces += [text[at : places[begin]], "X"]
            at = max(at, places[end - 1] + 1)
        return "".join((*pieces, text[at:]))


def _folded_with_places(text: str) -> tuple[str, range | list[int]]:
    """The folded text, and from which character each of its characters comes."""
    if text.isascii():
        return text.lower(), range(len(text))
    each = [folded(character) for character in text]
    return "".join(each), [at for at, spelt in enumerate(each) for _ in spelt]


def _readings(text: str) -> Iterator[str]:
    """The text, and what it says where it is escaped or has its words glued together."""
    yield text
    if CAMEL.search(text):
        yield CAMEL.sub(" ", text)
    if "%" in text and PERCENT.search(text):
        yield unquote(text)
        yield unquote(text, "latin-1")
    if "&" in text and ";" in text:
        yield html.unescape(text)
    if "\\u" in text:
        yield ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


@lru_cache(maxsize=1024)
def _person(names: frozenset[str], ids: frozenset[str], encodings: frozenset[str]) -> Person:
    every = ids | numbers_in(names)
    numbers = id_patterns(every)
    bare = {text.lstrip("0") for text in spelt_ids(every) if text.isascii() and text.isdigit()}
    return Person(
        _compiled(name_patterns(names, apart=False) | numbers),
        _compiled(name_patterns(names, apart=True) | numbers),
        re.compile(bytes_pattern(names, every, encodings), re.IGNORECASE),
        frozenset(text for text in bare if len(text) >= SUBSTRING_ID),
    )


def _compiled(patterns: set[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(patterns, key=lambda pattern: (-len(pattern), pattern))) or NEVER)
