"""The record's names with a typing error: one letter too many, too few or another, or two that changed places."""

import re
from collections.abc import Iterable, Iterator

from radquarry.exporter.cleaning.spelt import TWO_LETTERS, folded, pieces_of
from radquarry.exporter.cleaning.words import known_words
from radquarry.exporter.reports.spans import Span, marked
from radquarry.exporter.reports.word_lists import listed

SHORTEST = 6
"""Letters of a name: shorter ones are too near to other words."""
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
LISTS = ("no_names.txt", "not_people.txt", "after_names.txt", "verbs.txt", "not_behind_roles.txt", "near_names.txt")


def misspelt_in(text: str, names: Iterable[str]) -> Iterator[Span]:
    """Words with a capital, that begin as the name does and are no words of medicine, nor written small elsewhere."""
    wanted = _spelt(names)
    if not wanted:
        return
    begins = {word[0] for word in wanted} | {word[1] for word in wanted}
    lengths = {len(word) + more for word in wanted for more in (-1, 0, 1)}
    small: set[str] | None = None
    for found in WORD.finditer(text):
        if not found[0][0].isupper() or not SHORTEST - 1 <= len(found[0]) <= max(lengths) * 2:
            continue
        for begin, end in _parts(found):
            said = folded(text[begin:end]).replace("-", "")
            if len(said) not in lengths or said[:1] not in begins or not any(_is_near(said, word) for word in wanted):
                continue
            small = small if small is not None else {word[0] for word in WORD.finditer(text) if word[0].islower()}
            if not _is_word(text[begin:end].casefold()) and text[begin:end].lower() not in small:
                yield marked(begin, end, "name")
                break


def _parts(found: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The whole word, then what its hyphens join."""
    yield found.span()
    if "-" in found[0]:
        yield from (
            (found.start() + part.start(), found.start() + part.end()) for part in re.finditer(r"[^-]+", found[0])
        )


def _spelt(names: Iterable[str]) -> frozenset[str]:
    said = set()
    for name in names:
        for component in pieces_of(name)[:2]:
            for word in (*component, "".join(component)):
                said |= {folded(word), folded(word.casefold().translate(TWO_LETTERS))}
    return frozenset(word for word in said if len(word) >= SHORTEST and word.isascii() and word.isalpha())


def _is_word(word: str) -> bool:
    return word in known_words() or any(word in listed(name) for name in LISTS)


def _is_near(word: str, name: str) -> bool:
    """One error apart, and not the same. The first letter is right, or has changed places with the second."""
    if word == name or abs(len(word) - len(name)) > 1:
        return False
    at = next((at for at, (one, other) in enumerate(zip(word, name, strict=False)) if one != other), None)
    if at is None:
        return len(word) != len(name)
    if len(word) == len(name):
        swapped = word[at : at + 2] == name[at : at + 2][::-1] and word[at + 2 :] == name[at + 2 :]
        return swapped or (at > 0 and word[at + 1 :] == name[at + 1 :])
    longer, shorter = (word, name) if len(word) > len(name) else (name, word)
    return at > 0 and longer[at + 1 :] == shorter[at:]
