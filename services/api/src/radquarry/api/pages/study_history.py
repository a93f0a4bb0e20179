"""What became different about a study: when, what it was before and what it is since, and the whole former state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from radquarry.api.pages.formats import person_name
from radquarry.api.pages.visible import shortened, visible
from radquarry.api.study_changes import ChangeView
from radquarry.index.document import Document
from radquarry.messages import Series, Study

MOST_SERIES = 5
LONGEST = 200

Value = str | int | date | None


@dataclass(frozen=True)
class Difference:
    """One attribute; `label` is a key."""

    label: str
    before: Value
    after: Value


@dataclass(frozen=True)
class HistoryRow:
    """What one visit found otherwise: `kinds` are those of `Change`, `former` is the study as it was known before.

    `added` and `lost` name series; no more than MOST_SERIES of each.
    """

    kinds: tuple[str, ...]
    seen_at: datetime
    pacs: str
    crawl_id: UUID
    differences: tuple[Difference, ...]
    added: tuple[str, ...]
    lost: tuple[str, ...]
    former: tuple[tuple[str, Value], ...]


def study_history(changes: Sequence[ChangeView], document: Document) -> tuple[HistoryRow, ...]:
    """Newest first; each state is compared with the one that came after it, the newest with what is known now."""
    since = {document.pacs: document.study}
    in_order = sorted(changes, key=lambda change: (change.seen_at, change.pacs), reverse=True)
    rows = []
    for (_, pacs), visit in groupby(in_order, key=lambda change: (change.seen_at, change.pacs)):
        together = tuple(visit)
        rows.append(_row(together, since.get(pacs)))
        since[pacs] = together[0].former
    return tuple(rows)


def _row(together: Sequence[ChangeView], after: Study | None) -> HistoryRow:
    first = together[0]
    is_gone = any(change.kind == "gone" for change in together)
    compared = after if after is not None and not is_gone else first.former
    return HistoryRow(
        kinds=tuple(sorted(change.kind for change in together)),
        seen_at=first.seen_at,
        pacs=first.pacs,
        crawl_id=first.crawl_id,
        differences=tuple(_differences(first.former, compared)),
        added=_only_in(compared, first.former),
        lost=_only_in(first.former, compared),
        former=tuple((label, value) for label, value in _facts(first.former) if value not in ("", None)),
    )


def _differences(before: Study, after: Study) -> Iterator[Difference]:
    for (label, was), (_, became) in zip(_facts(before), _facts(after), strict=True):
        if was != became:
            yield Difference(label, was, became)


def _facts(study: Study) -> Iterator[tuple[str, Value]]:
    """What a reader knows a study by."""
    counted = study.number_of_study_related_series
    yield "study.patient_id", _short(study.patient_id)
    yield "study.patient", _short(person_name(study.patient_name))
    yield "study.born", study.patient_birth_date
    yield "field.accession_number", _short(study.accession_number)
    yield "field.study_date", study.study_date
    yield "study.series_description", _short(study.study_description)
    yield "field.modality", _short(", ".join(study.modalities_in_study))
    yield "field.institution_name", _short(study.institution_name)
    yield "study.series_count", len(study.series) or None if counted is None else counted
    yield "study.images", study.number_of_study_related_instances


def _only_in(here: Study, there: Study) -> tuple[str, ...]:
    known = {series.series_instance_uid for series in there.series}
    return tuple(_name(series) for series in here.series if series.series_instance_uid not in known)[:MOST_SERIES]


def _name(series: Series) -> str:
    words = f"{series.modality} {series.series_description}".strip()
    return _short(words or f"…{series.series_instance_uid[-12:]}")


def _short(text: str) -> str:
    return shortened(visible(text), LONGEST)[0]
