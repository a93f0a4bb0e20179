"""A report's text as it may be given away with its images: the same pseudonyms, dates moved by the same days."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.pseudonyms.keyed import Pseudonyms
from radquarry.exporter.reports.initials import initials_in
from radquarry.exporter.reports.markup import Reading, inside_tags, readings_of, shortened
from radquarry.exporter.reports.misspelt import misspelt_in
from radquarry.exporter.reports.numbers import UID, numbers_in
from radquarry.exporter.reports.people import people_beside, people_in
from radquarry.exporter.reports.places import places_in
from radquarry.exporter.reports.spans import Kind, Span, apart, marked, replaced
from radquarry.exporter.reports.tables import people_in_columns
from radquarry.exporter.reports.unseen import composed
from radquarry.exporter.reports.written_dates import Dating, dates_in, dating_of

LANGUAGES = ("de", "en", "fr", "it")
STANDARD = "1.2.840.10008."
OLD = re.compile(
    r"(?<![\d.,])(?:9\d|1[0-2]\d)(?=(?:[-\s]?(?:jährig|j\.)|\s?J\.|[\s-]years?\b|\s?y/?o\b|\s?ans\b|\saños\b|\sjaar\b|\s?anni\b|\sJahre\b))"
)
"""Ages from 90 on tell (45 CFR 164.514(b)(2)(i)(C))."""


@dataclass(frozen=True)
class Subject:
    """Whom a report is about: `identity` of the record and its images, accession numbers, names of others in it."""

    identity: Identity
    accession_numbers: frozenset[str] = frozenset()
    others: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True)
class Rules:
    """What becomes of dates and UIDs, and in which languages a report may be; the first decides in doubt."""

    dates: Literal["moved", "removed", "kept"] = "moved"
    uids_stay: bool = False
    languages: tuple[str, ...] = LANGUAGES


@dataclass(frozen=True)
class Removed:
    """What kind of thing stood from where to where in the original as `composed`."""

    kind: Kind
    begin: int
    end: int


@dataclass(frozen=True)
class CleanedReport:
    """The text as it may leave, and what was in it."""

    text: str
    removed: tuple[Removed, ...]


def deidentify_report(
    text: str,
    subject: Subject,
    pseudonyms: Pseudonyms,
    rules: Rules = Rules(),
) -> CleanedReport:
    """Names, ids, UIDs, dates, numbers and addresses are replaced by pseudonyms, moved dates and marks."""
    text = composed(text)
    short = shortened(text)
    readings = readings_of(short.text)
    days = pseudonyms.days(subject.identity.patient_id) if rules.dates == "moved" else None
    dating = dating_of(readings[0].text, days, rules.languages) if rules.dates != "kept" else None
    found = (
        *(() if rules.uids_stay else _of_all(readings, partial(_uids, pseudonyms=pseudonyms))),
        *_of_all(readings, partial(_own, subject=subject, pseudonyms=pseudonyms)),
        *_of_all((readings[0], *inside_tags(short.text)), partial(_anybodys, dating=dating)),
        *_of_all(readings[:1], partial(_beside, others=subject.others)),
    )
    spans = apart([place for span in found for place in short.spans(span)])
    return CleanedReport(replaced(text, spans), tuple(Removed(span.kind, span.begin, span.end) for span in spans))


def _of_all(readings: Iterable[Reading], search: Callable[[str], Iterable[Span]]) -> Iterator[Span]:
    for reading in readings:
        for span in search(reading.text):
            yield from reading.spans(span)


def _anybodys(text: str, dating: Dating | None) -> Iterator[Span]:
    """What patterns find; surer ones first, and no dates without `dating`."""
    yield from numbers_in(text)
    if dating is not None:
        yield from dates_in(text, dating)
    yield from people_in(text)
    yield from people_in_columns(text)
    yield from places_in(text)
    yield from (marked(*found.span(), "age") for found in OLD.finditer(text))


def _beside(text: str, others: frozenset[str]) -> Iterator[Span]:
    """Who stands beside somebody whom the record names."""
    if others:
        for known in _of(text, Identity(names=set(others)), "name", ""):
            yield from people_beside(text, known.end)


def deidentify_date(text: str, days: int, rules: Rules) -> str:
    """A date that stands alone, as in a column; empty where it is none."""
    if rules.dates != "moved":
        return text if rules.dates == "kept" else ""
    dating = dating_of(text, days, rules.languages)
    spans = apart(dates_in(text.strip(), dating))
    return (
        replaced(text.strip(), spans) if [(span.begin, span.end) for span in spans] == [(0, len(text.strip()))] else ""
    )


def _uids(text: str, pseudonyms: Pseudonyms) -> Iterator[Span]:
    for found in UID.finditer(text):
        if not found[0].startswith(STANDARD):
            yield Span(*found.span(), "uid", pseudonyms.uid(found[0]))


def _own(text: str, subject: Subject, pseudonyms: Pseudonyms) -> Iterator[Span]:
    """Ids before names, and whole names before their words."""
    identity = subject.identity
    patient = pseudonyms.patient_id(identity.patient_id)
    for number in sorted(identity.ids - subject.accession_numbers - {identity.patient_id}):
        yield from _of(text, Identity(ids={number}), "id", "[ID]")
    yield from _of(text, Identity(ids={identity.patient_id}), "patient id", patient)
    for number in sorted(subject.accession_numbers):
        yield from _of(text, Identity(ids={number}), "accession number", pseudonyms.accession_number(number))
    yield from _of(text, Identity(names=identity.names | subject.others), "name", "[NAME]")
    yield from initials_in(text, identity.names)
    yield from misspelt_in(text, identity.names | subject.others)


def _of(text: str, wanted: Identity, kind: Kind, replacement: str) -> Iterator[Span]:
    places = sorted(wanted.spellings().places(text), key=lambda place: (place[0] - place[1], place[0]))
    for begin, end in places:
        yield Span(begin, end, kind, replacement)
