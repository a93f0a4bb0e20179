"""What the finder remembers of its crawls, so that a message that comes twice counts once."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
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
from sqlalchemy.dialects import postgresql, sqlite
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


NOTHING_YET = {
    "windows_planned": None,
    "windows_closed": 0,
    "windows_with_gaps": 0,
    "studies": 0,
    "is_cancelled": False,
}


@dataclass(frozen=True)
class Closed:
    """How a window ended. `studies` counts those no other window of the crawl found before."""

    studies: int = 0
    queries: int = 0
    gaps: tuple[Gap, ...] = ()


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
        return await self._note(crawl_id, windows_planned=planned)

    async def cancel(self, crawl_id: UUID) -> Progress:
        """No further window of the crawl is to be asked."""
        return await self._note(crawl_id, is_cancelled=True)

    async def progress(self, crawl_id: UUID) -> Progress | None:
        """None for a crawl nobody has begun here."""
        async with self._state.reading() as connection:
            row = (await connection.execute(select(crawls).where(crawls.c.crawl_id == crawl_id))).first()
            return _as_progress(row) if row else None

    async def standing(self, order: FindWindow) -> Standing:
        """Whether there is anything left to ask."""
        window = select(windows.c.day).where(*_is(windows, _window(order))).exists()
        cancelled = select(crawls.c.crawl_id).where(crawls.c.crawl_id == order.crawl_id, crawls.c.is_cancelled)
        async with self._state.reading() as connection:
            row = (await connection.execute(select(window, cancelled.exists()))).one()
            return Standing(is_closed=row[0], is_cancelled=row[1])

    async def close(self, order: FindWindow, visit: Closed, uids: Collection[str]) -> tuple[Closed, Progress]:
        """Close the window, unless it is; either way how it was closed, and where the crawl stands now.

        `visit.studies` is not looked at: it is counted which of `uids` no other window has.
        """
        async with self._state.writing() as connection:
            closed = replace(visit, studies=await self._claim(connection, order, uids))
            if not await self._put_window(connection, order, closed):
                before = await _closed(connection, order)
                return before, _as_progress(await self._counted(connection, order.crawl_id))
            counts = {
                "windows_closed": crawls.c.windows_closed + 1,
                "windows_with_gaps": crawls.c.windows_with_gaps + int(bool(closed.gaps)),
                "studies": crawls.c.studies + closed.studies,
            }
            return closed, _as_progress(await self._counted(connection, order.crawl_id, **counts))

    async def forget_studies(self, crawl_id: UUID) -> None:
        """Every window is closed: which one found which study is needed no more."""
        async with self._state.writing() as connection:
            await connection.execute(delete(found).where(found.c.crawl_id == crawl_id))

    async def _note(self, crawl_id: UUID, **values: Any) -> Progress:
        async with self._state.writing() as connection:
            return _as_progress(await self._counted(connection, crawl_id, **values))

    async def _counted(self, connection: AsyncConnection, crawl_id: UUID, **values: Any) -> Row[Any]:
        """Set values of the crawl's row, which is made if there is none; the row as it is then.

        Who changes a crawl holds its row to the end of the transaction, so that the last one sees all the others.
        """
        changed = values or {"windows_closed": crawls.c.windows_closed}
        statement = update(crawls).where(crawls.c.crawl_id == crawl_id).values(changed).returning(crawls)
        row: Row[Any] | None = (await connection.execute(statement)).first()
        if row is not None:
            return row
        await self._state.upsert(connection, crawls, [{"crawl_id": crawl_id, **NOTHING_YET}])
        made: Row[Any] = (await connection.execute(statement)).one()
        return made

    async def _claim(self, connection: AsyncConnection, order: FindWindow, uids: Collection[str]) -> int:
        if not uids:
            return 0
        window = _window(order)
        # in one order everywhere: two windows that share studies would else wait for each other
        await self._state.upsert(connection, found, [{**window, "study_instance_uid": uid} for uid in sorted(uids)])
        return await connection.scalar(select(func.count()).select_from(found).where(*_is(found, window))) or 0

    async def _put_window(self, connection: AsyncConnection, order: FindWindow, closed: Closed) -> bool:
        """Whether it was not there before."""
        row = {
            **_window(order),
            "studies": closed.studies,
            "queries": closed.queries,
            "gaps": GAPS.dump_json(closed.gaps).decode(),
            "closed_at": datetime.now(UTC),
        }
        insert = (postgresql if self._state.dialect == "postgresql" else sqlite).insert(windows)
        statement = insert.values(row).on_conflict_do_nothing().returning(windows.c.day)
        return (await connection.execute(statement)).first() is not None


def _window(order: FindWindow) -> dict[str, Any]:
    return {"crawl_id": order.crawl_id, "day": order.day, "modality": order.modality}


def _is(table: Table, window: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in window.items()]


def _as_progress(row: Row[Any]) -> Progress:
    return Progress(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row by column names


async def _closed(connection: AsyncConnection, order: FindWindow) -> Closed:
    row = (await connection.execute(select(windows).where(*_is(windows, _window(order))))).one()
    return Closed(row.studies, row.queries, GAPS.validate_json(row.gaps))
