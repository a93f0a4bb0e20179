"""Which days of a PACS are known, by modality, and why others are not."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from radquarry.api import bulk
from radquarry.api.coverage_reach import Reach, Reached, is_early, reaches
from radquarry.api.problems import invalid, unknown_pacs
from radquarry.api.tables import coverage
from radquarry.api.window_rows import gaps_of
from radquarry.messages import Gap
from radquarry.state.store import State

DayState = Literal["complete", "gap", "unseen"]
When = Literal["past", "today", "future"]
MOST_DAYS = 36_525
EARLY = "it was asked before the day was over, what came later is not known"


@dataclass(frozen=True)
class CoverageDay:
    """One day; `reasons` say why it is a gap, `crawl_id` which crawl asked last.

    `modalities` are those that were asked for by themselves, `others` is the state of every other one. What is not
    `past` may still grow.
    """

    day: date
    state: DayState
    studies: int = 0
    reasons: tuple[str, ...] = ()
    crawl_id: UUID | None = None
    modalities: tuple[tuple[str, DayState], ...] = ()
    others: DayState = "unseen"
    when: When = "past"


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


@dataclass(frozen=True)
class CoverageWindow:
    """The latest word about one window of a day; no `modality` is all of them, `asked` false: nobody asked after all.

    `early`: the day was not over yet.
    """

    modality: str
    studies: int
    gaps: tuple[Gap, ...]
    asked: bool
    early: bool
    decided_at: datetime
    crawl_id: UUID


class Coverage:
    """Answers from the latest word about each window of each day.

    `known` are the configured PACS, `zone` is that of the hospital's dates.
    """

    def __init__(self, state: State, known: Collection[str], clock: Callable[[], datetime], zone: ZoneInfo) -> None:
        self._state = state
        self._known = known
        self._clock = clock
        self._zone = zone

    async def days(self, pacs: str, start_date: date, end_date: date, modality: str = "") -> CoverageView:
        """With `modality`, only what is known of that one counts."""
        if pacs not in self._known:
            raise unknown_pacs(pacs, self._known, status=422)
        if start_date > end_date:
            raise invalid(f"start_date {start_date} is after end_date {end_date}.")
        if (end_date - start_date).days >= MOST_DAYS:
            raise invalid("Coverage is shown for at most 100 years.")
        by_day: defaultdict[date, list[bulk.Found]] = defaultdict(list)
        for row in await self._rows(pacs, start_date, end_date):
            by_day[row.day].append(row)
        length, today = (end_date - start_date).days + 1, self._today()
        all_days = (start_date + timedelta(n) for n in range(length))
        days = tuple(_day(day, by_day.get(day, ()), modality, today) for day in all_days)
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

    async def windows(self, pacs: str, day: date) -> tuple[CoverageWindow, ...]:
        """What is known of one day, window by window, in the order of their modalities."""
        rows = sorted(await self._rows(pacs, day, day), key=lambda row: row.modality)
        return tuple(
            CoverageWindow(
                row.modality, row.studies, gaps_of(row.gaps), bool(row.asked), row.early, row.decided_at, row.crawl_id
            )
            for row in rows
        )

    async def modalities(self, pacs: str) -> tuple[str, ...]:
        """Those that were ever asked for by themselves."""
        chosen = select(coverage.c.modality).where(coverage.c.pacs == pacs, coverage.c.modality != "").distinct()
        async with self._state.reading() as connection:
            return tuple(sorted(row.modality for row in await bulk.fetch(connection, chosen)))

    async def seen(self, pacs: str) -> tuple[date, date] | None:
        """The first and the last day that was ever asked."""
        if pacs not in self._known:
            raise unknown_pacs(pacs, self._known)
        chosen = select(func.min(coverage.c.day).label("first"), func.max(coverage.c.day).label("last"))
        async with self._state.reading() as connection:
            row = (await connection.execute(chosen.where(coverage.c.pacs == pacs))).one()
        return (row.first, row.last) if row.first else None

    async def reach(
        self, pacs: Collection[str], first: date | None, last: date | None, modalities: Sequence[str] = ()
    ) -> Reach:
        """How far a search of these days can be trusted; without PACS all of them, without a day all ever asked."""
        names = [name for name in self._known if not pacs or name in pacs]
        wanted = Reached(tuple(names), first, last, tuple(modalities), self._today())
        async with self._state.reading() as connection:
            return await reaches(connection, wanted, self._clock().astimezone(self._zone))

    async def _rows(self, pacs: str, first: date, last: date) -> list[bulk.Found]:
        """Newest first; of words of the same moment the worse one counts."""
        early = is_early(self._state.dialect, self._clock().astimezone(self._zone)).label("early")
        chosen = select(coverage, early).where(coverage.c.pacs == pacs, coverage.c.day.between(first, last))
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen)
        return sorted(rows, key=lambda row: (row.decided_at, row.gaps != "[]"), reverse=True)

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()


def _day(day: date, rows: Sequence[bulk.Found], modality: str, today: date) -> CoverageDay:
    when: When = "past" if day < today else "today" if day == today else "future"
    whole = next((row for row in rows if row.modality == ""), None)
    others: DayState = _state(whole, today) if whole is not None else "unseen"
    by_modality = {row.modality: _state(_newer(row, whole), today) for row in rows if row.modality}
    counted = _counted(rows, whole, modality)
    reasons = tuple(dict.fromkeys(reason for row in counted for reason in _reasons(row, today)))
    if counted and whole is None and not modality:
        reasons += (f"only {', '.join(sorted(by_modality))} was asked for",)
    return CoverageDay(
        day=day,
        state="unseen" if not counted else "gap" if reasons else "complete",
        studies=whole.studies if whole is not None and not modality else sum(row.studies for row in counted),
        reasons=reasons,
        crawl_id=max(counted, key=lambda row: row.decided_at).crawl_id if counted else None,
        modalities=tuple(sorted(by_modality.items())),
        others=others,
        when=when,
    )


def _counted(rows: Sequence[bulk.Found], whole: bulk.Found | None, modality: str) -> list[bulk.Found]:
    """The words that decide a day: of one modality the newest; else the whole day's, and newer ones about a part."""
    if modality:
        return [row for row in rows if row.modality in ("", modality)][:1]
    return [row for row in rows if whole is None or row is whole or row.decided_at > whole.decided_at]


def _newer(row: bulk.Found, whole: bulk.Found | None) -> bulk.Found:
    return whole if whole is not None and whole.decided_at > row.decided_at else row


def _state(row: bulk.Found, today: date) -> DayState:
    return "gap" if _reasons(row, today) else "complete"


def _reasons(row: bulk.Found, today: date) -> list[str]:
    about = f"{row.modality}: " if row.modality else ""
    reasons = [f"{about}{gap.reason}" for gap in gaps_of(row.gaps)]
    return reasons + ([f"{about}{EARLY}"] if row.early and row.day < today else [])
