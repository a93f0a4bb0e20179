"""A crawl's row: how many pieces it has, how many are closed, and whether it was cancelled."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.finder.tables import crawls
from radquarry.state.store import State

NOTHING_YET = {
    "windows_planned": None,
    "windows_closed": 0,
    "windows_with_gaps": 0,
    "studies": 0,
    "is_cancelled": False,
}


@dataclass(frozen=True)
class Progress:
    """Where a crawl stands, in windows or portions; `windows_planned` is None until its plan is written down."""

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

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to ask, now or after a resumption."""
        return self.is_complete and not self.is_cancelled


class CrawlCounts:
    """Writes crawls' rows within somebody's transaction.

    Who changes a crawl holds its row to the end of the transaction, so that the last one sees all the others.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    async def read(self, connection: AsyncConnection, crawl_id: UUID) -> Progress | None:
        """None for a crawl nobody has begun here."""
        row = (await connection.execute(select(crawls).where(crawls.c.crawl_id == crawl_id))).first()
        return _as_progress(row) if row else None

    async def write(self, connection: AsyncConnection, crawl_id: UUID, **values: Any) -> Progress:
        """Set values of the crawl's row, which is made if there is none; the row as it is then."""
        return _as_progress(await self._row(connection, crawl_id, values))

    async def add(
        self, connection: AsyncConnection, crawl_id: UUID, *, closed: int = 0, with_gaps: int = 0, studies: int = 0
    ) -> Progress:
        """Count up (or down)."""
        counted = {
            "windows_closed": crawls.c.windows_closed + closed,
            "windows_with_gaps": crawls.c.windows_with_gaps + with_gaps,
            "studies": crawls.c.studies + studies,
        }
        return await self.write(connection, crawl_id, **counted)

    async def switch(
        self, connection: AsyncConnection, crawl_id: UUID, at: datetime, *, is_cancelled: bool
    ) -> Progress:
        """Cancel the crawl or take that back, unless a later word says otherwise."""
        row = await self._row(connection, crawl_id, {})
        if row.switched_at is not None and at < row.switched_at.replace(tzinfo=row.switched_at.tzinfo or UTC):
            return _as_progress(row)
        return await self.write(connection, crawl_id, is_cancelled=is_cancelled, switched_at=at.astimezone(UTC))

    async def _row(self, connection: AsyncConnection, crawl_id: UUID, values: dict[str, Any]) -> Row[Any]:
        changed = values or {"windows_closed": crawls.c.windows_closed}
        statement = update(crawls).where(crawls.c.crawl_id == crawl_id).values(changed).returning(crawls)
        row: Row[Any] | None = (await connection.execute(statement)).first()
        if row is not None:
            return row
        await self._state.upsert(connection, crawls, [{"crawl_id": crawl_id, **NOTHING_YET}])
        made: Row[Any] = (await connection.execute(statement)).one()
        return made


def _as_progress(row: Row[Any]) -> Progress:
    return Progress(
        crawl_id=row.crawl_id,
        windows_planned=row.windows_planned,
        windows_closed=row.windows_closed,
        windows_with_gaps=row.windows_with_gaps,
        studies=row.studies,
        is_cancelled=row.is_cancelled,
    )
