"""How each PACS bore our requests: the last 24 hours, a minute at a time, added up over all who ask it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, delete, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.peer_tables import traffic
from radquarry.api.storable import storable
from radquarry.messages import PacsTraffic
from radquarry.state.store import State

MINUTES_KEPT = 24 * 60
RECENT_MINUTES = 3
"""What was said of these minutes is how things stand now."""
MOST_COUNT = 2**31 - 1


@dataclass(frozen=True)
class Span:
    """A stretch of time from `begun_at`; `milliseconds` is the mean of its minutes' medians, weighted by requests."""

    begun_at: datetime
    minutes: int = 1
    requests: int = 0
    refused: int = 0
    failed: int = 0
    milliseconds: float | None = None
    slowest: float | None = None
    allowed: int | None = None


@dataclass(frozen=True)
class Recent:
    """The last minutes: what back-off leaves of the associations, and why that is less, or why nothing leaves."""

    requests: int = 0
    failed: int = 0
    allowed: int | None = None
    reason: str = ""
    said_at: datetime | None = None


class Traffic:
    """`clock` gives aware UTC times."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock

    async def hear(self, fact: PacsTraffic) -> None:
        """Keep one minute of one process; what is older than a day goes, or is not taken."""
        now = _minute(self._clock())
        minute = _minute(fact.begun_at)
        if not now - MINUTES_KEPT <= minute <= now + MINUTES_KEPT:
            return
        row = {
            "pacs": fact.pacs[:64],
            "source": storable(fact.source, 200),
            "begun_at": fact.begun_at,
            "minute": minute,
            **{name: min(MOST_COUNT, max(0, getattr(fact, name))) for name in ("requests", "refused", "failed")},
            "milliseconds_median": fact.milliseconds_median,
            "milliseconds_slowest": fact.milliseconds_slowest,
            "associations_allowed": min(MOST_COUNT, max(0, fact.associations_allowed)),
            "reason": storable(fact.reason),
        }
        async with self._state.writing() as connection:
            await self._state.upsert(connection, traffic, [row])
            await connection.execute(delete(traffic).where(traffic.c.minute < now - MINUTES_KEPT))

    async def spans(self, pacs: str, minutes: int = 1) -> tuple[Span, ...]:
        """The last 24 hours of one PACS in stretches of so many minutes; those without a word are left out."""
        return (await self.spans_of_all(minutes, pacs)).get(pacs, ())

    async def spans_of_all(self, minutes: int, pacs: str | None = None) -> dict[str, tuple[Span, ...]]:
        """By the PACS's name; see `spans`."""
        chosen = _added_up(minutes, self._since())
        if pacs is not None:
            chosen = chosen.where(traffic.c.pacs == pacs)
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen)
        spans: dict[str, list[Span]] = {}
        for row in rows:
            spans.setdefault(row.pacs, []).append(_span(row, minutes))
        return {name: tuple(all_of_it) for name, all_of_it in spans.items()}

    async def answered(self, connection: AsyncConnection) -> dict[str, datetime]:
        """The last minute in which a request was answered, by the PACS's name."""
        newest = func.max(traffic.c.begun_at).label("at")
        chosen = select(traffic.c.pacs, newest).where(traffic.c.requests > traffic.c.failed).group_by(traffic.c.pacs)
        return {row.pacs: row.at for row in await bulk.fetch(connection, chosen)}

    async def recent(self) -> dict[str, Recent]:
        """How things stand, by the PACS's name; a PACS of which nothing was said lately is left out."""
        chosen = select(traffic).where(traffic.c.minute >= _minute(self._clock()) - RECENT_MINUTES)
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.order_by(traffic.c.minute, traffic.c.begun_at))
        by_pacs: dict[str, list[bulk.Found]] = {}
        for row in rows:
            by_pacs.setdefault(row.pacs, []).append(row)
        return {pacs: _recent(found) for pacs, found in by_pacs.items()}

    def _since(self) -> int:
        return _minute(self._clock()) - MINUTES_KEPT + 1


def _added_up(minutes: int, since: int) -> Select[Any]:
    """Whole stretches, counted from the hour, so that a look a minute later shows the same ones."""
    table = traffic.c
    begin = (table.minute - table.minute % literal_column(str(minutes))).label("begin")
    timed = case((table.milliseconds_median.is_not(None), table.requests), else_=0)
    return (
        select(
            table.pacs,
            begin,
            func.sum(table.requests).label("requests"),
            func.sum(table.refused).label("refused"),
            func.sum(table.failed).label("failed"),
            (func.sum(table.milliseconds_median * timed) / func.nullif(func.sum(timed), 0)).label("milliseconds"),
            func.max(table.milliseconds_slowest).label("slowest"),
            func.min(table.associations_allowed).label("allowed"),
        )
        .where(table.minute >= since)
        .group_by(table.pacs, begin)
        .order_by(table.pacs, begin)
    )


def _span(row: bulk.Found, minutes: int) -> Span:
    return Span(
        begun_at=moment_of(row.begin),
        minutes=minutes,
        requests=int(row.requests),
        refused=int(row.refused),
        failed=int(row.failed),
        milliseconds=row.milliseconds,
        slowest=row.slowest,
        allowed=row.allowed,
    )


def _recent(rows: Sequence[bulk.Found]) -> Recent:
    """`rows` are in order of time; of each process its newest word counts, of all processes the least is allowed."""
    newest = {row.source: row for row in rows}.values()
    strictest = min(newest, key=lambda row: row.associations_allowed)
    return Recent(
        requests=sum(row.requests for row in rows),
        failed=sum(row.failed for row in rows),
        allowed=strictest.associations_allowed,
        reason=strictest.reason or next((row.reason for row in newest if row.reason), ""),
        said_at=rows[-1].begun_at,
    )


def moment_of(minute: int) -> datetime:
    """The begin of a minute since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def _minute(moment: datetime) -> int:
    return int(moment.timestamp() // 60)
