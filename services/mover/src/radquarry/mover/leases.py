"""Who works on which study: rows leased for a few seconds at a time, shared by all movers.

On PostgreSQL movers skip rows that another one is just taking (`FOR UPDATE SKIP LOCKED`); SQLite has one writer.
A study is leased whatever retrieval wants it, so two retrievals never have it moved at once.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Update, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.errors import PeerAway
from radquarry.mover.order_windows import OrderWindows
from radquarry.mover.orders import joined
from radquarry.mover.progress import LEAP
from radquarry.mover.tables import leases, retrievals, studies
from radquarry.mover.wanted import UNSETTLED, Wanted
from radquarry.state.store import State


class LeaseLost(PeerAway):
    """Another mover has taken the study over: nothing more may be written for it."""


class Leases:
    """Takes and gives back studies.

    What this process has in work it does not take a second time, even when it was too slow to renew the lease.
    """

    def __init__(
        self, state: State, clock: Callable[[], datetime], seconds: float, windows: OrderWindows | None = None
    ) -> None:
        self._state = state
        self._clock = clock
        self._length = timedelta(seconds=seconds)
        self._windows = windows or OrderWindows(state, clock)
        self._ours: dict[str, str] = {}

    async def any_due(self, pacs: str) -> bool:
        """Whether there is something to take now."""
        query = self._due(pacs, await self._windows.closed()).order_by(None)
        async with self._state.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def take(self, pacs: str) -> tuple[Wanted, str] | None:
        """The most urgent study of a PACS that is due and free, and the name under which we hold it."""
        query = self._due(pacs, await self._windows.closed())
        if self._state.dialect == "postgresql":
            query = query.with_for_update(of=studies, skip_locked=True)
        holder = str(uuid4())
        async with self._state.writing() as connection:
            row = (await connection.execute(query)).first()
            if row is None or not await self._gained(connection, row.study_instance_uid, holder):
                return None
            one = and_(
                studies.c.retrieval_id == row.retrieval_id, studies.c.study_instance_uid == row.study_instance_uid
            )
            self._ours[holder] = row.study_instance_uid
            leapt = studies.c.revision + LEAP
            revision = await connection.scalar(
                update(studies).where(one).values(revision=leapt).returning(studies.c.revision)
            )
        return replace(Wanted.of(row), revision=revision), holder

    async def hold(self, study_instance_uid: str) -> str | None:
        """Keep others from working on a study; the name under which we hold it, None where somebody else does."""
        holder = str(uuid4())
        async with self._state.writing() as connection:
            return holder if await self._gained(connection, study_instance_uid, holder) else None

    async def renew(self, holder: str) -> None:
        """Hold on; raises `LeaseLost`."""
        until = self._clock() + self._length
        async with self._state.writing() as connection:
            result = await connection.execute(update(leases).where(leases.c.holder == holder).values(until=until))
            if result.rowcount == 0:
                raise LeaseLost("another mover has taken the study over")

    async def release(self, wanted: Wanted, holder: str, *also: Update, **values: Any) -> None:
        """Change the study's row, do what else is to be done at once with that, and let it go.

        Raises `LeaseLost`, changing nothing, when it is not ours any more.
        """
        one = and_(
            studies.c.retrieval_id == str(wanted.retrieval_id),
            studies.c.study_instance_uid == wanted.study_instance_uid,
        )
        ours = delete(leases).where(leases.c.holder == holder).returning(leases.c.holder)
        async with self._state.writing() as connection:
            if (await connection.execute(ours)).first() is None:
                raise LeaseLost("another mover has taken the study over")
            for statement in (update(studies).where(one).values(**values), *also):
                await connection.execute(statement)
        self.forget(holder)

    def forget(self, holder: str) -> None:
        """This process works on it no more, and may take it again when its lease has run out."""
        self._ours.pop(holder, None)

    async def drop(self, holder: str) -> None:
        """Let go of a study without a word; its row stays as it is."""
        self.forget(holder)
        async with self._state.writing() as connection:
            await connection.execute(delete(leases).where(leases.c.holder == holder))

    async def _gained(self, connection: AsyncConnection, study_instance_uid: str, holder: str) -> bool:
        """Whether the study is ours now: nobody had it, or a lease has run out."""
        now = self._clock()
        row = {"holder": holder, "until": now + self._length}
        insert = (postgresql if self._state.dialect == "postgresql" else sqlite).insert(leases)
        statement = insert.values(study_instance_uid=study_instance_uid, **row).on_conflict_do_update(
            index_elements=["study_instance_uid"], set_=row, where=leases.c.until < now
        )
        return (await connection.execute(statement.returning(leases.c.holder))).first() is not None

    def _due(self, pacs: str, closed: Collection[str]) -> Any:
        """Of orders whose own windows are not `closed`.

        A paused study is due where its retrieval goes on: it was put to rest while somebody resumed that.
        """
        now = self._clock()
        held = select(leases.c.study_instance_uid).where(leases.c.until >= now)
        return (
            joined()
            .where(
                studies.c.pacs == pacs,
                studies.c.state.in_(UNSETTLED),
                studies.c.due <= now,
                retrievals.c.state == "running",
                retrievals.c.windows.not_in(closed),
                studies.c.study_instance_uid.not_in(held),
                studies.c.study_instance_uid.not_in(sorted(self._ours.values())),
            )
            .order_by(studies.c.priority.desc(), studies.c.due, studies.c.position)
            .limit(1)
        )
