"""What the finder remembers of its crawls, so that a message that comes twice counts once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.messages import FindWindow, Gap
from radquarry.state.store import State

GAPS = TypeAdapter(tuple[Gap, ...])

tables = MetaData()
crawls = Table(
    "finder_crawls",
    tables,
    Column("crawl_id", Uuid, primary_key=True),
    Column("windows_planned", Integer),
    Column("windows_closed", Integer, nullable=False),
    Column("windows_with_gaps", Integer, nullable=False),
    Column("studies", Integer, nullable=False),
    Column("is_cancelled", Boolean, nullable=False),
)
windows = Table(
    "finder_windows",
    tables,
    Column("crawl_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("modality", String(16), primary_key=True),
    Column("studies", Integer, nullable=False),
    Column("queries", Integer, nullable=False),
    Column("gaps", Text, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
)
found = Table(
    "finder_found",
    tables,
    Column("crawl_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("day", Date, nullable=False),
    Column("modality", String(16), nullable=False),
)


@dataclass(frozen=True)
class Closed:
    """How a window ended. `studies` counts those no other window of the crawl found before."""

    studies: int
    queries: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Standing:
    """What is known of a window before it is asked for."""

    is_closed: bool
    is_cancelled: bool


@dataclass(frozen=True)
class Progress:
    """Where a crawl stands; `windows_planned` is None until its plan is written down."""

    crawl_id: UUID
    windows_planned: int | None
    windows_closed: int
    windows_with_gaps: int
    studies: int
    is_cancelled: bool

    @property
    def is_complete(self) -> bool:
        """Whether every window is closed."""
        return self.windows_planned is not None and self.windows_closed >= self.windows_planned


class Ledger:
    """The finder's tables. Every write may come twice."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def plan(self, crawl_id: UUID, planned: int) -> Progress:
        """The crawl has so many windows."""
        async with self._state.writing() as connection:
            await self._begin(connection, crawl_id)
            await connection.execute(
                update(crawls).where(crawls.c.crawl_id == crawl_id).values(windows_planned=planned)
            )
            return await _progress(connection, crawl_id)

    async def cancel(self, crawl_id: UUID) -> Progress:
        """No further window of the crawl is to be asked."""
        async with self._state.writing() as connection:
            await self._begin(connection, crawl_id)
            await connection.execute(update(crawls).where(crawls.c.crawl_id == crawl_id).values(is_cancelled=True))
            return await _progress(connection, crawl_id)

    async def progress(self, crawl_id: UUID) -> Progress | None:
        """None for a crawl nobody has begun here."""
        async with self._state.reading() as connection:
            row = (await connection.execute(select(crawls).where(crawls.c.crawl_id == crawl_id))).first()
            return _as_progress(row) if row else None

    async def standing(self, order: FindWindow) -> Standing:
        """Whether there is anything left to ask."""
        async with self._state.reading() as connection:
            is_cancelled = await connection.scalar(
                select(crawls.c.is_cancelled).where(crawls.c.crawl_id == order.crawl_id)
            )
            closed = await _closed(connection, order)
            return Standing(is_closed=closed is not None, is_cancelled=bool(is_cancelled))

    async def close(
        self, order: FindWindow, uids: Collection[str], queries: int, gaps: tuple[Gap, ...]
    ) -> tuple[Closed, Progress]:
        """Close the window, unless it is; either way how it was closed, and where the crawl stands now."""
        async with self._state.writing() as connection:
            await self._begin(connection, order.crawl_id)
            before = await _closed(connection, order)
            if before is not None:
                return before, await _progress(connection, order.crawl_id)
            closed = Closed(await self._claim(connection, order, uids), queries, gaps)
            await self._state.upsert(connection, windows, [_window_row(order, closed)])
            counted = {
                "windows_closed": crawls.c.windows_closed + 1,
                "windows_with_gaps": crawls.c.windows_with_gaps + bool(gaps),
                "studies": crawls.c.studies + closed.studies,
            }
            await connection.execute(update(crawls).where(crawls.c.crawl_id == order.crawl_id).values(counted))
            return closed, await _progress(connection, order.crawl_id)

    async def forget_studies(self, crawl_id: UUID) -> None:
        """Every window is closed: which one found which study is needed no more."""
        async with self._state.writing() as connection:
            await connection.execute(delete(found).where(found.c.crawl_id == crawl_id))

    async def _begin(self, connection: AsyncConnection, crawl_id: UUID) -> None:
        """Make the crawl's row if there is none, and hold it: who closes windows of one crawl takes turns."""
        row = {
            "crawl_id": crawl_id,
            "windows_planned": None,
            "windows_closed": 0,
            "windows_with_gaps": 0,
            "studies": 0,
            "is_cancelled": False,
        }
        await self._state.upsert(connection, crawls, [row])
        await connection.execute(select(crawls.c.crawl_id).where(crawls.c.crawl_id == crawl_id).with_for_update())

    async def _claim(self, connection: AsyncConnection, order: FindWindow, uids: Collection[str]) -> int:
        window = {"crawl_id": order.crawl_id, "day": order.day, "modality": order.modality}
        await self._state.upsert(connection, found, [{**window, "study_instance_uid": uid} for uid in uids])
        mine = [found.c[name] == value for name, value in window.items()]
        return await connection.scalar(select(func.count()).select_from(found).where(*mine)) or 0


async def _progress(connection: AsyncConnection, crawl_id: UUID) -> Progress:
    row = (await connection.execute(select(crawls).where(crawls.c.crawl_id == crawl_id))).one()
    return _as_progress(row)


def _as_progress(row: Row[Any]) -> Progress:
    return Progress(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row by column names


async def _closed(connection: AsyncConnection, order: FindWindow) -> Closed | None:
    key = (windows.c.crawl_id == order.crawl_id, windows.c.day == order.day, windows.c.modality == order.modality)
    row = (await connection.execute(select(windows).where(*key))).first()
    return Closed(row.studies, row.queries, GAPS.validate_json(row.gaps)) if row else None


def _window_row(order: FindWindow, closed: Closed) -> dict[str, Any]:
    return {
        "crawl_id": order.crawl_id,
        "day": order.day,
        "modality": order.modality,
        "studies": closed.studies,
        "queries": closed.queries,
        "gaps": GAPS.dump_json(closed.gaps).decode(),
        "closed_at": datetime.now(UTC),
    }
