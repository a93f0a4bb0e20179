"""One budget of traffic per PACS, shared by finder, mover and all their replicas."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import structlog
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, delete, select, update

from radquarry.dicom.peer import PacsStopped
from radquarry.errors import PeerAway
from radquarry.state.migration import migrate
from radquarry.state.store import State

log = structlog.get_logger(__name__)

VERSIONS = Path(__file__).parent / "load_migrations"
LEASE = timedelta(seconds=15)
RENEW_SECONDS = 1.0
"""How often a holder looks whether it must stop; traffic ends well within 5 s of the order."""
ASK_AGAIN_SECONDS = 0.2

tables = MetaData()
slots = Table(
    "load_slots",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
stops = Table(
    "load_stops",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("stopped_at", DateTime(timezone=True), nullable=False),
    Column("requested_by", String(200), nullable=False),
)


class Load(Protocol):
    """Leave to open one association at a time, and the administrator's stop button."""

    def slot(self, pacs: str) -> AbstractAsyncContextManager[None]:
        """Hold one of the PACS's associations for the length of the block, waiting for a free one.

        Raises `PacsStopped` at its begin, or from within the block by cancelling it, when the PACS is stopped, and
        likewise `PeerAway` when the state store was away for so long that another may hold the slot.
        """

    async def stop(self, pacs: str, requested_by: str) -> None:
        """No new slot is given, and who holds one loses it within two seconds; survives restarts."""

    async def start(self, pacs: str) -> None:
        """Slots are given again."""

    async def is_stopped(self, pacs: str) -> bool:
        """Whether the stop button is down."""


class StateLoad:
    """Slots as leased rows: a holder that dies frees its slot when the lease runs out."""

    def __init__(self, state: State, associations: Mapping[str, int]) -> None:
        self._state = state
        self._associations = associations

    @classmethod
    async def open(cls, state: State, associations: Mapping[str, int]) -> "StateLoad":
        """`associations`: PACS name → how many at once. Brings its tables up to date."""
        await migrate(state, "load", VERSIONS)
        return cls(state, associations)

    @asynccontextmanager
    async def slot(self, pacs: str) -> AsyncIterator[None]:
        """See `Load.slot`."""
        holder = str(uuid4())
        try:
            while not await self._take(pacs, holder):  # noqa: ASYNC110 - other processes free slots too
                await asyncio.sleep(ASK_AGAIN_SECONDS)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(holder))
            raise
        try:
            async with self._watched(pacs, holder):
                yield
        finally:
            await asyncio.shield(self._give_back(holder))

    @asynccontextmanager
    async def _watched(self, pacs: str, holder: str) -> AsyncIterator[None]:
        """The block, cancelled when its slot is lost; then raises why."""
        task, losses = asyncio.current_task(), list[BaseException]()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        cancelled_before = task.cancelling()

        def lose(guard: "asyncio.Task[Exception]") -> None:
            if not guard.cancelled():
                losses.append(guard.exception() or guard.result())
                task.cancel()

        guard = asyncio.create_task(self._lost(pacs, holder))
        guard.add_done_callback(lose)
        try:
            yield
        except asyncio.CancelledError:
            if losses and task.cancelling() == cancelled_before + 1:
                raise losses[0] from None
            raise
        finally:
            guard.remove_done_callback(lose)
            guard.cancel()
            if losses:
                task.uncancel()

    async def stop(self, pacs: str, requested_by: str) -> None:
        """See `Load.stop`."""
        row = {"pacs": pacs, "stopped_at": datetime.now(UTC), "requested_by": requested_by}
        async with self._state.writing() as connection:
            await self._state.upsert(connection, stops, [row])

    async def start(self, pacs: str) -> None:
        """See `Load.start`."""
        async with self._state.writing() as connection:
            await connection.execute(delete(stops).where(stops.c.pacs == pacs))

    async def is_stopped(self, pacs: str) -> bool:
        """See `Load.is_stopped`."""
        async with self._state.reading() as connection:
            found = await connection.execute(select(stops.c.pacs).where(stops.c.pacs == pacs))
            return found.first() is not None

    async def _take(self, pacs: str, holder: str) -> bool:
        now = datetime.now(UTC)
        async with self._state.writing() as connection:
            if (await connection.execute(select(stops.c.pacs).where(stops.c.pacs == pacs))).first():
                raise PacsStopped(f"traffic to {pacs} is stopped")
            await connection.execute(delete(slots).where(slots.c.pacs == pacs, slots.c.until < now))
            taken = set(await connection.scalars(select(slots.c.slot).where(slots.c.pacs == pacs)))
            free = set(range(self._associations[pacs])) - taken
            if not free:
                return False
            row = {"pacs": pacs, "slot": min(free), "holder": holder, "until": now + LEASE}
            await self._state.upsert(connection, slots, [row])
            # another process may have been quicker with the same number: then its row stands, not ours
            ours = await connection.scalar(select(slots.c.slot).where(slots.c.holder == holder))
            return ours is not None

    async def _lost(self, pacs: str, holder: str) -> Exception:
        """Renew the lease until the slot is lost; why it is."""
        clock = asyncio.get_running_loop()
        renewed = clock.time()
        while True:
            try:
                async with asyncio.timeout_at(renewed + LEASE.total_seconds()):
                    await asyncio.sleep(RENEW_SECONDS)
                    if await self.is_stopped(pacs):
                        return PacsStopped(f"traffic to {pacs} is stopped")
                    if (now := clock.time()) - renewed > LEASE.total_seconds() / 3:
                        if not await self._renew(holder):
                            return PeerAway(f"the slot of {pacs} went to another when its lease ran out")
                        renewed = now
            except TimeoutError:
                return PeerAway(f"the slot of {pacs} ran out while the state store was away")
            except PeerAway:
                continue  # the lease outlives a short absence of the store

    async def _renew(self, holder: str) -> bool:
        until = datetime.now(UTC) + LEASE
        async with self._state.writing() as connection:
            renewed = await connection.execute(update(slots).where(slots.c.holder == holder).values(until=until))
            return bool(renewed.rowcount)

    async def _give_back(self, holder: str) -> None:
        try:
            async with self._state.writing() as connection:
                await connection.execute(delete(slots).where(slots.c.holder == holder))
        except PeerAway:
            log.warning("a slot is given back when its lease runs out")
