"""How far a search can be trusted: counted in the store, so that a search never waits for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Date, Select, and_, case, cast, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.tables import coverage

MOST_MODALITIES = 8
"""A search for any of more is counted as one for all."""


@dataclass(frozen=True)
class Reached:
    """Which PACS and days are asked about; None is: as far as was ever asked."""

    pacs: tuple[str, ...]
    first: date | None
    last: date | None
    modalities: tuple[str, ...]
    today: date


@dataclass(frozen=True)
class PacsReach:
    """The days from `start_date` to `end_date` (both included) that are over, and today where it was asked about.

    Without dates the PACS was never asked.
    """

    pacs: str
    complete: int = 0
    gaps: int = 0
    unseen: int = 0
    start_date: date | None = None
    end_date: date | None = None

    @property
    def is_complete(self) -> bool:
        """No day is missing, as far as days are over."""
        return self.start_date is not None and not self.gaps and not self.unseen


@dataclass(frozen=True)
class Reach:
    """Sums over PACS; `may_grow`: the range reaches to today or beyond, where studies are still to come."""

    pacs: tuple[PacsReach, ...]
    may_grow: bool

    @property
    def is_complete(self) -> bool:
        """What was not found is not there."""
        return bool(self.pacs) and all(each.is_complete for each in self.pacs)

    @property
    def gaps(self) -> int:
        """Days with a gap."""
        return sum(each.gaps for each in self.pacs)

    @property
    def unseen(self) -> int:
        """Days that nobody asked for."""
        return sum(each.unseen for each in self.pacs)


def is_early(dialect: str, now: datetime) -> ColumnElement[bool]:
    """Whether a window was asked before its day was over; `now` is in the hospital's time zone.

    SQLite knows no time zones: there the zone's present distance from UTC counts, an hour wrong in the other season.
    """
    if dialect == "postgresql":
        local: ColumnElement[Any] = cast(func.timezone(str(now.tzinfo), coverage.c.decided_at), Date)
    else:
        minutes = int((now.utcoffset() or timedelta(0)).total_seconds() // 60)
        local = type_coerce(func.date(coverage.c.decided_at, f"{minutes:+d} minutes"), Date)
    return type_coerce(local <= coverage.c.day, Boolean)


async def reaches(connection: AsyncConnection, wanted: Reached, now: datetime) -> Reach:
    """One statement for all PACS; `now` as in `is_early`."""
    last = _last(wanted)
    rows = await bulk.fetch(connection, _counted(wanted, last, is_early(connection.dialect.name, now)))
    found = {row.pacs: row for row in rows}
    newest = max((row.newest for row in rows), default=None)
    grows = _reaches_today(wanted, newest)
    return Reach(tuple(_reach(name, found.get(name), wanted, last) for name in wanted.pacs), grows)


def _last(wanted: Reached) -> date:
    """The last day that can be missing: days to come are not, and today only where it was asked about."""
    if wanted.last is not None:
        return min(wanted.last, wanted.today)
    if wanted.first is not None:
        return max(wanted.today - timedelta(days=1), min(wanted.first, wanted.today))
    return wanted.today


def _reaches_today(wanted: Reached, newest: date | None) -> bool:
    if wanted.last is not None:
        return wanted.last >= wanted.today
    return wanted.first is not None or (newest is not None and newest >= wanted.today)


def _reach(name: str, row: bulk.Found | None, wanted: Reached, last: date) -> PacsReach:
    if row is not None and wanted.first is None and wanted.last is None:
        last = min(last, row.newest)
    first = wanted.first or (min(row.oldest, last) if row is not None else None)
    if first is None:
        return PacsReach(name)
    days = max(0, (last - first).days + 1)
    complete, gaps = (row.complete or 0, row.gaps or 0) if row is not None else (0, 0)
    return PacsReach(name, complete, gaps, max(0, days - complete - gaps), first, max(first, last))


def _counted(wanted: Reached, last: date, early: ColumnElement[bool]) -> Select[Any]:
    """Per PACS: complete days and days with gaps in the range, and the first and the last day ever asked."""
    table = coverage.c
    inside = table.day <= last if wanted.first is None else table.day.between(wanted.first, last)
    gap = or_(table.gaps != "[]", and_(early, table.day < wanted.today))
    complete, gaps = _by_day(gap, wanted.modalities[:MOST_MODALITIES] if _few(wanted) else ())
    per_day = (
        select(table.pacs, complete.label("complete"), gaps.label("gap"))
        .where(table.pacs.in_(wanted.pacs), inside)
        .group_by(table.pacs, table.day)
        .subquery()
    )
    counts = (
        select(
            per_day.c.pacs,
            func.sum(per_day.c.complete).label("complete"),
            func.sum(per_day.c.gap).label("gaps"),
        )
        .group_by(per_day.c.pacs)
        .subquery()
    )
    ends = (
        select(table.pacs, func.min(table.day).label("oldest"), func.max(table.day).label("newest"))
        .where(table.pacs.in_(wanted.pacs))
        .group_by(table.pacs)
        .subquery()
    )
    both = ends.outerjoin(counts, ends.c.pacs == counts.c.pacs)
    return select(ends.c.pacs, ends.c.oldest, ends.c.newest, counts.c.complete, counts.c.gaps).select_from(both)


def _few(wanted: Reached) -> bool:
    return len(wanted.modalities) <= MOST_MODALITIES


def _by_day(gap: ColumnElement[bool], modalities: tuple[str, ...]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """1 or 0: the day is complete; it has a gap. The newest word counts, as in `Coverage.days`."""
    table = coverage.c
    if not modalities:
        whole = table.modality == ""
        done = func.max(case((and_(whole, ~gap), table.decided_at)))
        cut = func.max(case((and_(~whole, gap), table.decided_at)))
        fine = and_(done.is_not(None), or_(cut.is_(None), cut <= done))
        return case((fine, 1), else_=0), case((fine, 0), else_=1)
    fine_ones, gaps = [], []
    for modality in modalities:
        about = table.modality.in_(("", modality))
        done = func.max(case((and_(about, ~gap), table.decided_at)))
        cut = func.max(case((and_(about, gap), table.decided_at)))
        fine_ones.append(and_(done.is_not(None), or_(cut.is_(None), cut < done)))
        gaps.append(and_(cut.is_not(None), or_(done.is_(None), cut >= done)))
    return case((and_(*fine_ones), 1), else_=0), case((or_(*gaps), 1), else_=0)
