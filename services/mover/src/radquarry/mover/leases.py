"""Who works on which study: rows leased for a few seconds at a time, shared by all movers.

On PostgreSQL movers skip rows that another one is just taking (`FOR UPDATE SKIP LOCKED`); SQLite has one writer.
A study is leased whatever retrieval wants it, so two retrievals never have it moved at once.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.errors import PeerAway
from radquarry.mover.order_windows import OrderWindows
from radquarry.mover.orders import joined
from radquarry.mover.progress import LEAP
from radquarry.mover.tables import leases, retrievals, studies
from radquarry.mover.wanted import UNSETTLED, Wanted
from radquarry.state.store import State, Written


def _gained(dialect: Any) -> Any:
    statement = dialect.insert(leases)
    fresh = {name: statement.excluded[name] for name in ("holder", "until")}
    over = leases.c.until < bindparam("now")
    statement = statement.on_conflict_do_update(index_elements=["study_instance_uid"], set_=fresh, where=over)
    return statement.returning(leases.c.holder)


# Built once: to build such a statement, and to look up its text, takes longer than to run it.
_DUE = (
    joined()
    .where(
        studies.c.pacs == bindparam("of_pacs"),
        # a paused study is due where its retrieval goes on: it was put to rest while somebody resumed that
        studies.c.state.in_(UNSETTLED),
        studies.c.due <= bindparam("now"),
        retrievals.c.state == "running",
        retrievals.c.windows.in_(bindparam("open", expanding=True)),
        studies.c.study_instance_uid.not_in(
            select(leases.c.study_instance_uid).where(leases.c.until >= bindparam("now"))
        ),
        studies.c.study_instance_uid.not_in(bindparam("ours", expanding=True)),
    )
    .limit(1)
)
_NEXT = _DUE.order_by(studies.c.priority.desc(), studies.c.due, studies.c.position)
_NEXT_UNLOCKED = _NEXT.with_for_update(of=studies, skip_locked=True)
_GAINED = {"postgresql": _gained(postgresql), "sqlite": _gained(sqlite)}
_CHANGED = update(studies).where(
    studies.c.retrieval_id == bindparam("of_retrieval"), studies.c.study_instance_uid == bindparam("of_study")
)
_LET_GO = delete(leases).where(leases.c.holder == bindparam("of_holder")).returning(leases.c.holder)


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
        asked = self._asked(pacs, await self._windows.open())
        return bool(await self._state.rows(_DUE, asked))

    async def take(self, pacs: str) -> tuple[Wanted, str] | None:
        """The most urgent study of a PACS that is due and free, and the name under which we hold it."""
        asked = self._asked(pacs, await self._windows.open())
        query = _NEXT_UNLOCKED if self._state.dialect == "postgresql" else _NEXT
        holder = str(uuid4())
        async with self._state.writing() as connection:
            row = (await connection.execute(query, asked)).first()
            if row is None or not await self._gained(connection, row.study_instance_uid, holder):
                return None
            wanted = replace(Wanted.of(row), revision=row.revision + LEAP)
            await self._state.change(connection, (_CHANGED, {**_one(wanted), "revision": wanted.revision}))
        self._ours[holder] = wanted.study_instance_uid  # who is cancelled at the commit has nothing in work
        return wanted, holder

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

    async def release(self, wanted: Wanted, holder: str, *also: Written, **values: Any) -> None:
        """Change the study's row, do what else is to be done at once with that, and let it go.

        Raises `LeaseLost`, changing nothing, when it is not ours any more.
        """
        async with self._state.writing() as connection:
            if (await connection.execute(_LET_GO, {"of_holder": holder})).first() is None:
                raise LeaseLost("another mover has taken the study over")
            await self._state.change(connection, (_CHANGED, {**_one(wanted), **values}), *also)
        self.forget(holder)

    def forget(self, holder: str) -> None:
        """This process works on it no more, and may take it again when its lease has run out."""
        self._ours.pop(holder, None)

    async def drop(self, holder: str) -> None:
        """Let go of a study without a word; its row stays as it is."""
        self.forget(holder)
        async with self._state.writing() as connection:
            await connection.execute(_LET_GO, {"of_holder": holder})

    async def _gained(self, connection: AsyncConnection, study_instance_uid: str, holder: str) -> bool:
        """Whether the study is ours now: nobody had it, or a lease has run out."""
        now = self._clock()
        row = {"study_instance_uid": study_instance_uid, "holder": holder, "until": now + self._length, "now": now}
        return (await connection.execute(_GAINED[self._state.dialect], row)).first() is not None

    def _asked(self, pacs: str, windows: Collection[str]) -> dict[str, Any]:
        """Of orders that have these windows of their own."""
        return {"of_pacs": pacs, "open": list(windows), "now": self._clock(), "ours": sorted(self._ours.values())}


def _one(wanted: Wanted) -> dict[str, str]:
    return {"of_retrieval": str(wanted.retrieval_id), "of_study": wanted.study_instance_uid}
