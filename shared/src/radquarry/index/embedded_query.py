"""Clauses and filters as queries of the embedded index, said in a handful of terms that embedded.py supplies."""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from radquarry.index import clauses as c
from radquarry.index.document import Filters
from radquarry.index.embedded_entry import GONE, LANGUAGES, analysed, facet, facet_value, identifier
from radquarry.index.fields import ANYWHERE, kind_of

Q = TypeVar("Q")


class Terms(Protocol[Q]):
    """What the index can look for; `Q` is its own type of query."""

    def any_of(self, field: str, values: Sequence[str]) -> Q:
        """Documents with one of these values."""

    def phrase(self, field: str, words: Sequence[str], slop: int) -> Q:
        """These indexed words in a row; nothing when there are none."""

    def pattern(self, field: str, regex: str) -> Q:
        """Words that `regex` matches whole."""

    def similar(self, field: str, word: str, distance: int) -> Q:
        """Words at an edit distance."""

    def between(self, field: str, low: int | None, high: int | None) -> Q:
        """Numbers in a range, both ends included."""

    def both(self, wanted: Sequence[Q], unwanted: Sequence[Q]) -> Q:
        """All of `wanted`, none of `unwanted`; every document without any."""

    def either(self, choices: Sequence[Q], others: float = 1.0) -> Q:
        """At least one; the best weighs whole, each of the others by this share."""

    def unweighed(self, query: Q) -> Q:
        """The same documents, without a say in their order."""

    def stems(self, language: str, words: Sequence[str]) -> list[str]:
        """The stems of folded words; words too long to be indexed are left out."""


def compiled(clause: c.Clause, filters: Filters, terms: Terms[Q]) -> Q:
    """The documents that `clause` and `filters` ask for."""
    unwanted = [terms.phrase(facet("modality"), [facet_value(value)], 0) for value in filters.exclude_modality]
    if filters.is_gone is False:
        unwanted.append(no_longer_there(terms))
    return terms.both([_clause(clause, terms), *map(terms.unweighed, _demanded(filters, terms))], unwanted)


def no_longer_there(terms: Terms[Q]) -> Q:
    """Studies that their PACS no longer has."""
    return terms.phrase("present", [GONE], 0)


def _demanded(filters: Filters, terms: Terms[Q]) -> Iterator[Q]:
    for name in ("modality", "pacs", "patient_sex", "institution_name", "body_part_examined", "language"):
        if values := getattr(filters, name):
            yield terms.either([terms.phrase(facet(name), [facet_value(value)], 0) for value in values])
    if filters.has_report is not None:
        yield terms.phrase(facet("has_report"), ["true" if filters.has_report else "false"], 0)
    if filters.is_gone:
        yield no_longer_there(terms)
    if filters.study_date_from or filters.study_date_to:
        yield _days(c.Days("study_date", filters.study_date_from, filters.study_date_to), terms)


def _clause(clause: c.Clause, terms: Terms[Q]) -> Q:
    match clause:
        case c.AllOf(parts):
            denied = [_clause(part.clause, terms) for part in parts if isinstance(part, c.Without)]
            return terms.both([_clause(part, terms) for part in parts if not isinstance(part, c.Without)], denied)
        case c.AnyOf(parts):
            return terms.either([_clause(part, terms) for part in parts])
        case c.Without(inner):
            return terms.both([], [_clause(inner, terms)])
        case c.Words() | c.Pattern() | c.Similar():
            return terms.either(list(_text(clause, terms)), 0.1)
        case leaf:
            return _value(leaf, terms)


def _value(leaf: c.Everything | c.Present | c.Code | c.Days, terms: Terms[Q]) -> Q:
    match leaf:
        case c.Everything():
            return terms.both([], [])
        case c.Present(field):
            return terms.phrase("present", [field], 0)
        case c.Code(field, value):
            return terms.phrase(field, [value], 0)
        case c.Days():
            return _days(leaf, terms)


def _text(leaf: c.Words | c.Pattern | c.Similar, terms: Terms[Q]) -> Iterator[Q]:
    match leaf:
        case c.Words():
            yield from _words(leaf, terms)
        case c.Pattern(field, pattern):
            yield from (terms.pattern(name, _regex(pattern)) for name in _as_they_stand(field, pattern))
        case c.Similar(field, word, distance):
            yield from (terms.similar(name, word, distance) for name in _as_they_stand(field, word))


def _days(days: c.Days, terms: Terms[Q]) -> Q:
    low, high = (day.toordinal() if day else None for day in (days.begin, days.end))
    return terms.unweighed(terms.between(days.field, low, high))


def _words(asked: c.Words, terms: Terms[Q]) -> Iterator[Q]:
    """A word without a field is looked for in every text, as a modality, and as a whole identifier."""
    if asked.field == ANYWHERE:
        for field in ("report", "description"):
            yield from _words(c.Words(field, asked.words, asked.slop), terms)
        if len(asked.words) == 1:
            yield terms.phrase("modality", asked.words, 0)
        if any(map(_numbered, asked.words)):
            yield terms.phrase("identifier", [identifier("".join(asked.words))], 0)
    elif kind_of(asked.field) == "text":
        for language in LANGUAGES:
            yield terms.phrase(analysed(asked.field, language), terms.stems(language, asked.words), asked.slop)
    else:
        yield terms.phrase(asked.field, asked.words, asked.slop)


def _as_they_stand(field: str, word: str) -> Iterator[str]:
    if field == ANYWHERE:
        yield from (analysed(name, "") for name in ("report", "description"))
        if _numbered(word):
            yield "identifier"
    else:
        yield analysed(field, "") if kind_of(field) == "text" else field


def _numbered(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _regex(pattern: str) -> str:
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(letter) or re.sub(r"[^\w ]", r"\\\g<0>", letter) for letter in pattern)
