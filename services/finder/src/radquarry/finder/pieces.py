"""The pieces of a crawl (its windows, or its portions): each is closed once, each study counts for one of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.errors import Transient
from radquarry.finder.crawl_counts import CrawlCounts, Progress
from radquarry.finder.tables import crawls
from radquarry.state.store import State

AT_ONCE = 10_000
"""UIDs in one statement."""

Place = Mapping[str, Any]
"""A piece's primary key by column, `crawl_id` first."""
Piece = Literal["closed", "unasked", "reopened"]
"""`unasked`: closed because the crawl was cancelled; `reopened`: that was taken back, and it is not closed again."""


class ResumedMeanwhile(Transient):
    """A piece was to close unasked, but its crawl goes on: it comes again, and is asked."""


@dataclass(frozen=True)
class Ending:
    """How a piece ended; `outcome` is its gaps or results, `unasked` the order itself where it was not asked."""

    studies: int
    queries: int
    outcome: str
    has_gaps: bool
    unasked: str | None = None


@dataclass(frozen=True)
class Standing:
    """What is known of a piece before it is asked for."""

    is_closed: bool
    is_cancelled: bool


class Pieces:
    """One kind of piece: its table, the column of its outcome, and the table of what each found first."""

    def __init__(self, state: State, table: Table, outcome: str, found: Table) -> None:
        self._state = state
        self._counts = CrawlCounts(state)
        self._table = table
        self._outcome = outcome
        self._found = found

    async def standing(self, place: Place) -> Standing:
        """Whether there is anything left to ask."""
        closed = select(self._table.c.crawl_id).where(*_is(self._table, place), self._table.c.standing != "reopened")
        cancelled = select(crawls.c.crawl_id).where(crawls.c.crawl_id == place["crawl_id"], crawls.c.is_cancelled)
        async with self._state.reading() as connection:
            row = (await connection.execute(select(closed.exists(), cancelled.exists()))).one()
            return Standing(is_closed=row[0], is_cancelled=row[1])

    async def close(self, place: Place, ending: Ending, uids: Collection[str]) -> tuple[Ending, Progress]:
        """Close the piece, unless it is; either way how it stands closed, and where the crawl stands now.

        `ending.studies` is not looked at: it is counted which of `uids` no other piece has. Raises
        `ResumedMeanwhile`.
        """
        async with self._state.writing() as connection:
            if ending.unasked:
                await self._check_cancelled(connection, place["crawl_id"])
            if not await self._put(connection, place, replace(ending, studies=0)):
                return await self._again(connection, place, ending, uids)
            studies = await self._claim(connection, place, uids)
            closed = replace(ending, studies=studies)
            if studies:
                await self._set(connection, place, studies=studies)
            added = {"closed": 1, "with_gaps": int(ending.has_gaps or ending.unasked is not None), "studies": studies}
            return closed, await self._counts.add(connection, place["crawl_id"], **added)

    async def claimed_elsewhere(self, place: Place, uids: Collection[str]) -> set[str]:
        """Those of `uids` that another piece of the crawl has announced and counted."""
        uid = self._found.c.study_instance_uid
        mine = select(uid).where(*_is(self._found, place))
        wanted, claimed = sorted(uids), set[str]()
        async with self._state.reading() as connection:
            for start in range(0, len(wanted), AT_ONCE):
                some = self._found.c.crawl_id == place["crawl_id"], uid.in_(wanted[start : start + AT_ONCE])
                claimed |= set((await connection.scalars(select(uid).where(*some).except_(mine))).all())
        return claimed

    async def reopen(self, connection: AsyncConnection, crawl_id: UUID) -> list[str]:
        """Take back that pieces closed unasked; the orders of all that are open again."""
        unasked = self._table.c.crawl_id == crawl_id, self._table.c.standing == "unasked"
        changed = update(self._table).where(*unasked).values(standing="reopened")
        count = (await connection.execute(changed)).rowcount
        await self._counts.add(connection, crawl_id, closed=-count, with_gaps=-count)
        reopened = self._table.c.crawl_id == crawl_id, self._table.c.standing == "reopened"
        return list((await connection.scalars(select(self._table.c.unasked_order).where(*reopened))).all())

    async def forget_studies(self, connection: AsyncConnection, crawl_id: UUID) -> None:
        """Which piece found which study is needed no more."""
        await connection.execute(delete(self._found).where(self._found.c.crawl_id == crawl_id))

    async def _check_cancelled(self, connection: AsyncConnection, crawl_id: UUID) -> None:
        """Holds the crawl's row from here on, so that no resumption comes between."""
        if not (await self._counts.write(connection, crawl_id)).is_cancelled:
            raise ResumedMeanwhile("the crawl was resumed meanwhile")

    async def _put(self, connection: AsyncConnection, place: Place, ending: Ending) -> bool:
        """Whether it was open before."""
        row = self._row(ending)
        insert = (postgresql if self._state.dialect == "postgresql" else sqlite).insert(self._table)
        statement = insert.values(**place, **row).on_conflict_do_update(
            index_elements=list(place), set_=row, where=self._table.c.standing == "reopened"
        )
        return (await connection.execute(statement.returning(self._table.c.crawl_id))).first() is not None

    async def _again(
        self, connection: AsyncConnection, place: Place, ending: Ending, uids: Collection[str]
    ) -> tuple[Ending, Progress]:
        """The piece is closed: what was announced in the meantime counts too, and an answer replaces none."""
        crawl_id = place["crawl_id"]
        progress = await self._counts.write(connection, crawl_id)
        row = (await connection.execute(select(self._table).where(*_is(self._table, place)))).one()
        before, is_unasked = self._ending(row), row.standing == "unasked"
        if ending.unasked or progress.is_over or not (uids or is_unasked):
            return before, progress
        studies = max(before.studies, await self._claim(connection, place, uids))
        closed = replace(ending if is_unasked else before, studies=studies)
        await self._set(connection, place, **self._row(closed))
        less = {"with_gaps": int(closed.has_gaps) - 1} if is_unasked else {}
        return closed, await self._counts.add(connection, crawl_id, studies=studies - before.studies, **less)

    async def _claim(self, connection: AsyncConnection, place: Place, uids: Collection[str]) -> int:
        if not uids:
            return 0
        # in one order everywhere: two pieces that share studies would else wait for each other
        rows = [{**place, "study_instance_uid": uid} for uid in sorted(uids)]
        await self._state.upsert(connection, self._found, rows)
        counted = select(func.count()).select_from(self._found).where(*_is(self._found, place))
        return await connection.scalar(counted) or 0

    async def _set(self, connection: AsyncConnection, place: Place, **values: Any) -> None:
        await connection.execute(update(self._table).where(*_is(self._table, place)).values(values))

    def _row(self, ending: Ending) -> dict[str, Any]:
        standing: Piece = "unasked" if ending.unasked else "closed"
        return {
            "studies": ending.studies,
            "queries": ending.queries,
            self._outcome: ending.outcome,
            "closed_at": datetime.now(UTC),
            "standing": standing,
            "unasked_order": ending.unasked,
        }

    def _ending(self, row: Row[Any]) -> Ending:
        outcome = row._mapping[self._outcome]  # noqa: SLF001 - SQLAlchemy's public name for a row by column names
        return Ending(row.studies, row.queries, outcome, has_gaps=False, unasked=row.unasked_order)


def _is(table: Table, place: Place) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in place.items()]
