"""The patient's own names, ids and accession numbers, searched for in whatever stays, in every spelling we know."""

import json
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

PARTICLES = frozenset(("van", "der", "von", "den", "del", "los", "las", "dos", "bin", "ben", "ter", "prof", "med"))
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"})
SHORTEST_NAME, SHORTEST_ID = 3, 4
SUBSTRING_NAME, SUBSTRING_ID = 5, 6
"""From so many characters they are found inside other words too."""


@dataclass
class Identity:
    """What a file says of whom it is about, gathered at any depth."""

    patient_id: str = ""
    names: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    uids: dict[str, str] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)

    def spellings(self) -> "Spellings":
        """Compiled once for every combination: the files of a study share it."""
        key = (frozenset(self.names), frozenset(self.ids), frozenset(self.uids), frozenset(self.dates))
        return _spellings(*key)


@dataclass(frozen=True)
class Spellings:
    """`text` matches folded text, `data` bytes."""

    text: re.Pattern[str]
    data: re.Pattern[bytes]

    def cleaned(self, text: str) -> str:
        """The text with an X for each hit; all of it becomes one where a hit cannot be told apart."""
        cleaned = self.text.sub("X", text)
        return "X" if self.text.search(folded(cleaned)) else cleaned


def folded(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))


@lru_cache(maxsize=1024)
def _spellings(names: frozenset[str], ids: frozenset[str], uids: frozenset[str], dates: frozenset[str]) -> Spellings:
    patterns: dict[str, str] = {}
    for word in sorted(_words(names), key=len, reverse=True):
        patterns[word] = re.escape(word) if len(word) >= SUBSTRING_NAME or not word.isascii() else _apart(word)
    for text in sorted(_ids(ids), key=len, reverse=True):
        loose = len(text) >= SUBSTRING_ID
        patterns[text] = rf"(?<!\d){re.escape(text)}(?!\d)" if loose else rf"(?<![0-9a-z]){re.escape(text)}(?![0-9a-z])"
    for text in uids:
        patterns[text] = rf"(?<![0-9.]){re.escape(text)}(?![0-9])"
    for text in _dates(dates):
        patterns[text] = rf"(?<!\d){re.escape(text)}(?!\d)"
    text_pattern = "|".join(patterns.values()) or r"(?!)"
    return Spellings(re.compile(text_pattern, re.IGNORECASE), re.compile(_bytes_pattern(patterns), re.IGNORECASE))


def _apart(word: str) -> str:
    return rf"(?<![a-z]){re.escape(word)}(?![a-z])"


def _words(names: Iterable[str]) -> set[str]:
    words: set[str] = set()
    for name in names:
        whole = re.split(r"[\^=\\\s,.;/()-]+", name)
        for word in {*whole, *re.split(r"[\W_]+", name)}:  # O'Brien, and Brien
            lower = word.casefold().strip("\0*?'\"")
            if len(lower) < (SHORTEST_NAME if lower.isascii() else 2) or lower in PARTICLES or lower.isdigit():
                continue
            words |= {folded(lower), lower, folded(lower.translate(UMLAUTS)), json.dumps(lower)[1:-1]}
    return {word for word in words if len(word) >= 2}


def _ids(ids: Iterable[str]) -> set[str]:
    found = set()
    for text in ids:
        bare = re.sub(r"[\s./_-]", "", text)
        found |= {each.lower() for each in (text.strip(), bare) if len(each) >= SHORTEST_ID}
    return found


def _dates(dates: Iterable[str]) -> Iterable[str]:
    for text in dates:
        if re.fullmatch(r"\d{8}", text):
            year, month, day = text[:4], text[4:6], text[6:]
            yield from (text, f"{year}-{month}-{day}", f"{day}.{month}.{year}")
            yield from (f"{month}/{day}/{year}", f"{day}/{month}/{year}")


def _bytes_pattern(patterns: dict[str, str]) -> bytes:
    spelt: set[bytes] = set()
    for text, pattern in patterns.items():
        if text.isascii():
            spelt.add(pattern.encode("ascii"))
        for encoding in ("latin-1", "utf-8", "utf-16-le", "utf-16-be"):
            if text.isascii() and "16" not in encoding:
                continue
            with suppress(UnicodeEncodeError):
                spelt.add(re.escape(text.encode(encoding)))
    return b"|".join(sorted(spelt, reverse=True)) or rb"(?!)"
