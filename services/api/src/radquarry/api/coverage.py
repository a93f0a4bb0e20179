"""Which days of a PACS are known, and why others are not."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select

from radquarry.api import bulk
from radquarry.api.problems import invalid, unknown_pacs
from radquarry.api.tables import coverage
from radquarry.api.window_rows import gaps_of
from radquarry.state.store import State

DayState = Literal["complete", "gap", "unseen"]
MOST_DAYS = 36_525


@dataclass(frozen=True)
class CoverageDay:
    """One day; `reasons` say why it is a gap, `crawl_id` which crawl asked last."""

    day: date
    state: DayState
    studies: int = 0
    reasons: tuple[str, ...] = ()
    crawl_id: UUID | None = None


@dataclass(frozen=True)
class CoverageView:
    """Every day of a range, both ends included, and how many are what."""

    pacs: str
    start_date: date
    end_date: date
    modality: str
    days: tuple[CoverageDay, ...]
    complete: int
    gaps: int
    unseen: int
    studies: int


class Coverage:
    """Answers from the latest word about each window of each day; `known` are the configured PACS."""

    def __init__(self, state: State, known: Collection[str]) -> None:
        self._state = state
        self._known = known

    async def days(self, pacs: str, start_date: date, end_date: date, modality: str = "") -> CoverageView:
        """With `modality`, a day counts as complete also where that modality alone was asked."""
        if pacs not in self._known:
            raise unknown_pacs(pacs, self._known, status=422)
        if start_date > end_date:
            raise invalid(f"start_date {start_date} is after end_date {end_date}.")
        if (end_date - start_date).days >= MOST_DAYS:
            raise invalid("Coverage is shown for at most 100 years.")
        chosen = (
            select(coverage)
            .where(coverage.c.pacs == pacs, coverage.c.day.between(start_date, end_date))
            .order_by(coverage.c.day, coverage.c.decided_at.desc())
        )
        if modality:
            chosen = chosen.where(coverage.c.modality.in_(("", modality)))
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen)
        by_day: defaultdict[date, list[bulk.Found]] = defaultdict(list)
        for row in rows:
            by_day[row.day].append(row)
        length = (end_date - start_date).days + 1
        days = tuple(_day(start_date + timedelta(n), by_day, modality) for n in range(length))
        states = [day.state for day in days]
        return CoverageView(
            pacs=pacs,
            start_date=start_date,
            end_date=end_date,
            modality=modality,
            days=days,
            complete=states.count("complete"),
            gaps=states.count("gap"),
            unseen=states.count("unseen"),
            studies=sum(day.studies for day in days),
        )

    async def seen(self, pacs: str) -> tuple[date, date] | None:
        """The first and the last day that was ever asked."""
        if pacs not in self._known:
            raise unknown_pacs(pacs, self._known)
        chosen = select(func.min(coverage.c.day).label("first"), func.max(coverage.c.day).label("last"))
        async with self._state.reading() as connection:
            row = (await connection.execute(chosen.where(coverage.c.pacs == pacs))).one()
        return (row.first, row.last) if row.first else None


def _day(day: date, by_day: dict[date, list[bulk.Found]], modality: str) -> CoverageDay:
    if day not in by_day:
        return CoverageDay(day, "unseen")
    rows = by_day[day]
    if modality:
        return _from(day, rows[:1])
    whole = [row for row in rows if row.modality == ""]
    if whole:
        return _from(day, whole)
    asked = ", ".join(sorted(row.modality for row in rows))
    return _from(day, rows, (f"only {asked} was asked for",))


def _from(day: date, rows: Sequence[bulk.Found], more: tuple[str, ...] = ()) -> CoverageDay:
    reasons = tuple(dict.fromkeys(gap.reason for row in rows for gap in gaps_of(row.gaps))) + more
    state: DayState = "gap" if reasons else "complete"
    return CoverageDay(day, state, sum(row.studies for row in rows), reasons, rows[0].crawl_id)
