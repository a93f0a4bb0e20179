"""Reads and writes what the parts have to know of each other's traffic."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.dicom.load_backoff import Ease, relieved, troubled
from radquarry.dicom.load_pace import Grant, grant
from radquarry.dicom.load_standing import Standing
from radquarry.dicom.load_tables import Written, as_utc, eases, limits, paces, read, slots, stops, waiting
from radquarry.messages import LoadLimits
from radquarry.state.store import State

LEASE = timedelta(seconds=15)
WAITS = timedelta(seconds=5)
"""Who has not asked again for so long waits no more."""


class Book:
    """The load's tables in the state store; all raise `PeerAway` when that is away."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def read(self, pacs: str) -> Written:
        """What is written of a PACS."""
        async with self._state.reading() as connection:
            return await read(connection, pacs)

    async def stop(self, pacs: str, requested_by: str) -> None:
        """Push the stop button."""
        row = {"pacs": pacs, "stopped_at": datetime.now(UTC), "requested_by": requested_by}
        async with self._state.writing() as connection:
            await self._state.upsert(connection, stops, [row])

    async def start(self, pacs: str) -> None:
        """Pull it again."""
        async with self._state.writing() as connection:
            await connection.execute(delete(stops).where(stops.c.pacs == pacs))

    async def limit(self, pacs: str, own: LoadLimits | None, requested_by: str) -> None:
        """Set other limits than the configured ones, or none."""
        async with self._state.writing() as connection:
            if own is None:
                await connection.execute(delete(limits).where(limits.c.pacs == pacs))
                return
            values = {"limits": own.model_dump_json(), "requested_by": requested_by, "changed_at": datetime.now(UTC)}
            await self._state.upsert(connection, limits, [{"pacs": pacs, **values}], *values)

    async def take_slot(self, standing: Standing, holder: str, *, for_a_person: bool) -> int | None:
        """A free slot's number, leased to `holder`; None when there is none for it yet. Raises as `Load.slot`.

        Who asked first gets the next one that is free: a part with much work would else take every slot that it gives
        back again before the others look. A person goes first.
        """
        pacs, now = standing.pacs, datetime.now(UTC)
        async with self._state.writing() as connection:
            standing.take(await read(connection, pacs))
            standing.check(for_a_person=for_a_person)
            await connection.execute(delete(slots).where(slots.c.pacs == pacs, slots.c.until < now))
            taken = set(await connection.scalars(select(slots.c.slot).where(slots.c.pacs == pacs)))
            free = set(range(standing.allowed)) - taken
            before = 0 if for_a_person else await self._before(connection, pacs, holder, now)
            if not free or len(taken) + before >= standing.allowed:
                if not for_a_person:
                    await self._wait(connection, pacs, holder, now)
                return None
            row = {"pacs": pacs, "slot": min(free), "holder": holder, "until": now + LEASE}
            await self._state.upsert(connection, slots, [row])
            await connection.execute(delete(waiting).where(waiting.c.holder == holder))
            # another process may have been quicker with the same number: then its row stands, not ours
            return await connection.scalar(select(slots.c.slot).where(slots.c.holder == holder))

    async def _before(self, connection: AsyncConnection, pacs: str, holder: str, now: datetime) -> int:
        """How many wait for longer than `holder`."""
        await connection.execute(delete(waiting).where(waiting.c.pacs == pacs, waiting.c.until < now))
        own = await connection.scalar(select(waiting.c.since).where(waiting.c.holder == holder))
        others = select(func.count()).where(waiting.c.pacs == pacs, waiting.c.holder != holder)
        longer = others if own is None else others.where(waiting.c.since <= as_utc(own))
        return await connection.scalar(longer) or 0

    async def _wait(self, connection: AsyncConnection, pacs: str, holder: str, now: datetime) -> None:
        row = {"holder": holder, "pacs": pacs, "since": now, "until": now + WAITS}
        until = await connection.scalar(select(waiting.c.until).where(waiting.c.holder == holder))
        if until is None or as_utc(until) < now + WAITS / 2:
            await self._state.upsert(connection, waiting, [row], "until")

    async def renew_slot(self, holder: str) -> bool:
        """Whether the slot is still the holder's; it is for another lease."""
        until = datetime.now(UTC) + LEASE
        async with self._state.writing() as connection:
            renewed = await connection.execute(update(slots).where(slots.c.holder == holder).values(until=until))
            return bool(renewed.rowcount)

    async def give_slot_back(self, holder: str) -> None:
        """Others may have it."""
        async with self._state.writing() as connection:
            await connection.execute(delete(slots).where(slots.c.holder == holder))
            await connection.execute(delete(waiting).where(waiting.c.holder == holder))

    async def ease(self, standing: Standing, trouble: str) -> Ease | None:
        """Back off because of `trouble`, or recover where there is none; what back-off leaves then."""
        pacs, limit, now = standing.pacs, standing.limits.associations, standing.now
        async with self._state.writing() as connection:
            await self._lock(connection, pacs)
            before = (await read(connection, pacs)).ease
            after = troubled(before, limit, now, trouble) if trouble else relieved(before, limit, now)
            if after is None:
                await connection.execute(delete(eases).where(eases.c.pacs == pacs))
            elif after != before:
                row = {"pacs": pacs, **vars(after)}
                await self._state.upsert(connection, eases, [row], *vars(after))
            return after

    async def take_pace(self, standing: Standing, kind: str, per_hour: int, wanted: int) -> Grant:
        """Leave for as many of `wanted` as may begin now."""
        pacs, now = standing.pacs, standing.now
        async with self._state.writing() as connection:
            await self._lock(connection, pacs)
            query = select(paces.c.next_at).where(paces.c.pacs == pacs, paces.c.kind == kind)
            written = await connection.scalar(query)
            granted = grant(as_utc(written) if written else None, now, per_hour, wanted)
            if granted.count:
                row = {"pacs": pacs, "kind": kind, "next_at": granted.next_at}
                await self._state.upsert(connection, paces, [row], "next_at")
            return granted

    async def _lock(self, connection: AsyncConnection, pacs: str) -> None:
        """Until the transaction ends, nobody else reads and writes of this PACS; SQLite has one writer anyway."""
        if self._state.dialect == "postgresql":
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"radquarry-load-{pacs}"))))
