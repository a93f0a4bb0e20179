"""How words are compared: in lower case, ü = ue = u, without accents. OpenSearch's analysers do the same."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_WRITTEN_WORD = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+")
_ACCENT = re.compile(r"[\u0300-\u036f]+")
_UMLAUT_IN_TWO_LETTERS = re.compile(r"([ao])e|(?<![aeiouyqäöü])(u)e")
_LETTERS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def fold(text: str) -> str:
    """`text` as it is compared: the rules of Lucene's german_normalization and asciifolding.

    `ae`, `oe` and `ue` lose their `e` as ä, ö, ü lose their dots, except after a vowel or q (Quelle, Feuer).
    """
    if text.isascii():
        return _UMLAUT_IN_TWO_LETTERS.sub(r"\1\2", text.lower())
    folded = unicodedata.normalize("NFC", text).casefold()
    folded = _UMLAUT_IN_TWO_LETTERS.sub(r"\1\2", folded).translate(_LETTERS)
    return _ACCENT.sub("", unicodedata.normalize("NFKD", folded))


def as_code(text: str) -> str:
    """An identifier or a code as it is compared: whole, in lower case, without padding."""
    return text.strip().lower()


def words(text: str) -> tuple[str, ...]:
    """The folded words of `text`: runs of letters and digits."""
    return tuple(map(_folded, _shape(text).findall(text)))


def _shape(text: str) -> re.Pattern[str]:
    return _WORD if text.isascii() or not _ACCENT.search(text) else _WRITTEN_WORD


@lru_cache(maxsize=30_000)
def _folded(word: str) -> str:
    return "".join(_WORD.findall(fold(word)))


def spans(text: str) -> list[tuple[int, int]]:
    """Where the words of `text` begin and end, in characters; accents written apart belong to their word."""
    return [match.span() for match in _shape(text).finditer(text)]
