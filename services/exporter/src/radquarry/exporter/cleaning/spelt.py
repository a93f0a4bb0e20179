"""Names and ids as patterns: every spelling that we know, for folded text and for bytes."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import quote

PARTICLES = frozenset(("van", "der", "von", "den", "del", "los", "las", "dos", "bin", "ben", "ter", "prof", "med"))
TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})
ONE_LETTER = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"})
"""Letters that Unicode does not take apart."""
MAY_FOLLOW = {"ä": "\1", "ö": "\1", "ü": "\1", "ø": "\1", "æ": "\1", "œ": "\1", "å": "\2"}
"""Marks for an e and an a that may stand there or not."""
SHORTEST_NAME, SHORTEST_ID, SHORTEST_BYTES = 3, 4, 6
SUBSTRING_NAME, SUBSTRING_ID = 5, 6
"""From so many characters they are found inside other words too."""
PREFIX = 3
"""From this component of a name on there are titles."""
NEVER = r"(?!)"
UNICODES = ("utf-16-le", "utf-16-be")


def folded(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold().translate(ONE_LETTER))
    return "".join(character for character in parts if not unicodedata.combining(character))


def pieces_of(name: str) -> list[list[str]]:
    """The words of each component, as they are written; no particle that stands before another word, and no title."""
    found = []
    for group in unicodedata.normalize("NFC", name).split("="):
        for place, component in enumerate(group.split("^")):
            words = [word for word in re.split(r"[\W_]+", component) if word]
            last = len(words) - 1 if place < PREFIX else len(words)
            found.append([word for at, word in enumerate(words) if at >= last or word.casefold() not in PARTICLES])
        found.append([])
    return found


def words_of(names: Iterable[str]) -> set[str]:
    """All words that are searched for alone, as they are written."""
    words: set[str] = set()
    for name in names:
        marked = {word.strip("\0*?'\"") for word in re.split(r"[\^=\\\s,.;/()-]+", name) if "'" in word.strip("'")}
        words |= marked | {word for component in pieces_of(name) for word in component}
    return {word for word in words if len(word) >= (SHORTEST_NAME if word.isascii() else 2) and not word.isdigit()}


def numbers_in(names: Iterable[str]) -> set[str]:
    """Names that are numbers count as ids."""
    return {word for name in names for each in pieces_of(name) for word in each if word.isdigit()}


def name_patterns(names: Iterable[str], *, apart: bool) -> set[str]:
    """For folded text; `apart`: only as words of their own."""
    names = list(names)
    patterns = set()
    for word in words_of(names):
        for spelt in (folded(word), folded(word.casefold().translate(TWO_LETTERS))):
            inside = len(spelt) >= SUBSTRING_NAME or not spelt.isascii()
            alone = _apart(re.escape(spelt)) if apart else _genitive(re.escape(spelt))
            patterns.add(re.escape(spelt) if inside and not apart else alone)
        loose, least = _loose(word)
        alone = _apart(loose) if apart else _genitive(loose)
        patterns.add(loose if least >= SUBSTRING_NAME and not apart else alone)
    return patterns | {pattern for name in names for pattern in _whole(name)}


def _loose(word: str) -> tuple[str, int]:
    """Mueller for Müller and the other way; with the fewest letters that it matches."""
    marked = "".join(letter + MAY_FOLLOW.get(letter, "") for letter in word.casefold())
    marked = re.sub("([aou])e", "\\g<1>\1", re.sub("aa", "a\2", folded(marked)))
    least = len(re.sub("[\1\2]", "", marked))
    return re.escape(marked).replace("\1", "e?").replace("\2", "a?"), least


def _apart(pattern: str) -> str:
    return rf"(?<![a-z]){pattern}(?![a-z])"


def _genitive(pattern: str) -> str:
    """As a word of its own, or with an s behind it: Annas."""
    return rf"(?<![a-z]){pattern}(?:s(?![a-z])|(?![a-z]))"


def _whole(name: str) -> Iterator[str]:
    """The name in one, either way round: short words, and characters that are names, tell together."""
    components = pieces_of(name)
    for family, given in zip(components, [*components[1:], []], strict=True):
        orders = [family + given, given + family if given else family[::-1], family]
        if family and given:
            orders += [[family[-1], given[0]], [given[0], family[-1]]]
        for words in orders:
            text = folded("".join(words))
            if len(words) > 1 and len(text) >= (4 if text.isascii() else 2):
                pattern = r"[\W_]{0,3}".join(_loose(word)[0] for word in words)
                yield _apart(pattern) if text.isascii() else pattern


def id_patterns(ids: Iterable[str]) -> set[str]:
    """For folded text: with and without separators and leading zeros."""
    patterns = set()
    for text in spelt_ids(ids):
        bare, loose = folded(text), len(text) >= SUBSTRING_ID
        core = bare.lstrip("0") if bare.isdigit() and len(bare.lstrip("0")) >= SHORTEST_ID else bare
        letters = [re.escape(letter) for letter in core]
        zeros = "0*" if bare.isdigit() else ""
        edge = r"\d" if loose and len(core) >= SUBSTRING_ID else "[0-9a-z]"
        pattern = (r"[\s./_-]?" if loose else "").join(letters)
        patterns.add(rf"(?<!{edge}){zeros}{pattern}(?!{edge})")
    return patterns


def spelt_ids(ids: Iterable[str]) -> set[str]:
    """As they are, as the first component of HL7's CX, and without separators."""
    found = set()
    for text in ids:
        for each in (text.strip(), text.split("^")[0].strip()):
            found |= {each, re.sub(r"[\s./_-]", "", each)}
    return {each for each in found if len(each) >= SHORTEST_ID}


def bytes_pattern(names: Iterable[str], ids: Iterable[str], encodings: Iterable[str]) -> bytes:
    """For values that are no text, where shorter spellings would be there by chance."""
    spelt: set[bytes] = set()
    every = ("latin-1", "utf-8", *UNICODES, *encodings)
    for word in words_of(names):
        others = {folded(word), folded(word.casefold().translate(TWO_LETTERS))}
        for text in others | {word, word.lower(), word.upper(), word.capitalize()}:
            spelt |= {re.escape(data) for data in _encoded(text, every)}
            if not text.isascii():
                spelt |= {re.escape(data.encode()) for data in (quote(text), json.dumps(text)[1:-1])}
    for text in spelt_ids(ids):
        core = text.lstrip("0") if text.isdigit() else text
        for data in _encoded(core, every):
            spelt.add(rb"(?<!\d)" + (b"0*" if text.isdigit() else b"") + re.escape(data) + rb"(?!\d)")
    return b"|".join(sorted(spelt, reverse=True)) or NEVER.encode()


def _encoded(text: str, encodings: Iterable[str]) -> Iterator[bytes]:
    for encoding in encodings:
        with suppress(UnicodeEncodeError):
            data = text.encode(encoding)
            if len(data) >= SHORTEST_BYTES and (encoding not in UNICODES or not text.isascii() or len(text) > 3):
                yield data
