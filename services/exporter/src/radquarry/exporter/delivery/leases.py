"""Who works on which studies: rows leased for some seconds at a time, shared by all exporters.

On PostgreSQL they skip rows that another one is just taking (`FOR UPDATE SKIP LOCKED`); SQLite has one writer.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.errors import PeerAway
from radquarry.exporter.delivery.consignment import Consignment, Part
from radquarry.exporter.delivery.orders import is_heard_out, lock
from radquarry.exporter.delivery.progress import LEAP
from radquarry.exporter.patience import Patience
from radquarry.exporter.tables import UNSETTLED, deliveries, instances, studies
from radquarry.messages import DeliveryState
from radquarry.state.store import State


class LeaseLost(PeerAway):
    """Another exporter has taken the work over: nothing more may be written for it."""


@dataclass(frozen=True)
class Lease:
    """Studies of one delivery that leave in one turn, and the name under which we hold them."""

    of: Consignment
    parts: Sequence[Part]
    holder: str


class Leases:
    """Takes and gives back studies.

    What this process has in work it does not take a second time, even when it was too slow to renew the lease.
    """

    def __init__(self, state: State, clock: Callable[[], datetime], patience: Patience) -> None:
        self._state = state
        self._clock = clock
        self._length = timedelta(seconds=patience.lease)
        self._late = timedelta(seconds=patience.late)
        self._ours: set[str] = set()

    async def take(self, singly: Collection[str], whole: Collection[str]) -> Lease | None:
        """What is due longest, to destinations by name: one study, or all of a delivery that leaves as a whole."""
        async with self._state.reading() as connection:  # who only looks takes no lock
            for query in (self._due_singly(singly), self._due_whole(whole)):
                if (await connection.execute(query)).first() is not None:
                    break
            else:
                return None
        holder = str(uuid4())
        async with self._state.writing() as connection:
            one = await self._first(connection, self._due_singly(singly), studies)
            if one is not None:
                mine = and_(
                    studies.c.delivery_id == one.delivery_id, studies.c.study_instance_uid == one.study_instance_uid
                )
            else:
                one = await self._first(connection, self._due_whole(whole), deliveries)
                if one is None:
                    return None
                mine = and_(studies.c.delivery_id == one.delivery_id, studies.c.state.in_(UNSETTLED))
            values = {"holder": holder, "until": self._clock() + self._length, "revision": studies.c.revision + LEAP}
            await connection.execute(update(studies).where(mine).values(**values))
            rows = (await connection.execute(select(studies).where(studies.c.holder == holder))).all()
            delivery = select(deliveries).where(deliveries.c.delivery_id == one.delivery_id)
            of = Consignment.of((await connection.execute(delivery)).one())
            self._ours.add(holder)
        return Lease(of, tuple(_part(of, row) for row in rows), holder)

    async def renew(self, holder: str) -> None:
        """Hold on; raises `LeaseLost`."""
        values = {"until": self._clock() + self._length}
        async with self._state.writing() as connection:
            result = await connection.execute(update(studies).where(studies.c.holder == holder).values(**values))
            if result.rowcount == 0:
                raise LeaseLost("another exporter has taken the work over")

    async def holds(self, holder: str) -> bool:
        """Whether the work is still ours."""
        query = select(studies.c.holder).where(studies.c.holder == holder).limit(1)
        async with self._state.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def release(self, part: Part, holder: str, due: datetime | None = None) -> None:
        """Write down where a study stands as was published, and let it go; it is due then, or now.

        One that grew meanwhile is due at once, whatever was published. Raises `LeaseLost`, changing nothing.
        """
        delivery_id, now = str(part.of.delivery_id), self._clock()
        one = and_(studies.c.delivery_id == delivery_id, studies.c.study_instance_uid == part.study_instance_uid)
        pending = select(instances.c.sop_instance_uid).where(
            instances.c.delivery_id == delivery_id,
            instances.c.study_instance_uid == part.study_instance_uid,
            instances.c.state == "expected",
        )
        state: DeliveryState = part.state
        async with self._state.writing() as connection:
            row = await lock(connection, self._state.dialect, delivery_id, part.study_instance_uid)
            if row is None or row.holder != holder:
                raise LeaseLost("another exporter has taken the work over")
            if state in ("complete", "incomplete") and (await connection.execute(pending.limit(1))).first() is not None:
                state = "requested"
            values = {"state": state, "problem": part.problem, "revision": part.revision}
            free = {"holder": None, "until": None, "due": due or now}
            await connection.execute(update(studies).where(one).values(**values, **free))

    async def said(self, part: Part, holder: str) -> None:
        """So much has been said of it by now: who takes it over says more."""
        one = and_(
            studies.c.delivery_id == str(part.of.delivery_id),
            studies.c.study_instance_uid == part.study_instance_uid,
            studies.c.holder == holder,
        )
        async with self._state.writing() as connection:
            await connection.execute(update(studies).where(one).values(revision=part.revision))

    def forget(self, holder: str) -> None:
        """This process works on it no more, and may take it again when its lease has run out."""
        self._ours.discard(holder)

    async def drop(self, holder: str) -> None:
        """Let go of it without a word; the rows stay as they are."""
        self.forget(holder)
        async with self._state.writing() as connection:
            free = {"holder": None, "until": None}
            await connection.execute(update(studies).where(studies.c.holder == holder).values(**free))

    async def wish_of(self, delivery_id: UUID) -> str:
        """What people want of a delivery now."""
        query = select(deliveries.c.state).where(deliveries.c.delivery_id == str(delivery_id))
        async with self._state.reading() as connection:
            return await connection.scalar(query) or ""

    async def idle_of_ended(self) -> list[Part]:
        """Unsettled studies of deliveries that were cancelled or can never begin, that nobody works on."""
        over = deliveries.c.state.in_(("cancelled", "refused"))
        query = select(studies).join(deliveries, deliveries.c.delivery_id == studies.c.delivery_id)
        query = query.where(over, studies.c.state.in_(UNSETTLED), self._free()).limit(200)
        async with self._state.reading() as connection:
            rows = (await connection.execute(query)).all()
            known = deliveries.c.delivery_id.in_({row.delivery_id for row in rows})
            found = (await connection.execute(select(deliveries).where(known))).all()
        of = {row.delivery_id: row for row in found}
        ends: dict[str, DeliveryState] = {"cancelled": "cancelled", "refused": "incomplete"}
        return [
            replace(
                _part(Consignment.of(of[row.delivery_id]), row),
                state=ends[of[row.delivery_id].state],
                problem=of[row.delivery_id].problem,
            )
            for row in rows
        ]

    async def settle_idle(self, part: Part) -> None:
        """Write down the end that was published of one that nobody works on."""
        one = and_(
            studies.c.delivery_id == str(part.of.delivery_id),
            studies.c.study_instance_uid == part.study_instance_uid,
        )
        values = {"state": part.state, "problem": part.problem, "revision": part.revision}
        async with self._state.writing() as connection:
            await connection.execute(update(studies).where(one, self._free()).values(**values))

    async def _first(self, connection: AsyncConnection, query: Any, table: Any) -> Any:
        if self._state.dialect == "postgresql":
            query = query.with_for_update(of=table, skip_locked=True)
        return (await connection.execute(query)).first()

    def _free(self) -> ColumnElement[bool]:
        ours = or_(studies.c.holder.is_(None), studies.c.holder.not_in(sorted(self._ours)))
        return and_(or_(studies.c.until.is_(None), studies.c.until < self._clock()), ours)

    def _due_singly(self, destinations: Collection[str]) -> Any:
        now = self._clock()
        return (
            select(studies)
            .join(deliveries, deliveries.c.delivery_id == studies.c.delivery_id)
            .where(
                deliveries.c.destination.in_(sorted(destinations)),
                deliveries.c.state == "running",
                deliveries.c.due <= now,
                studies.c.state.in_(UNSETTLED),
                studies.c.seen >= 0,
                studies.c.due <= now,
                self._free(),
            )
            .order_by(studies.c.due, deliveries.c.requested_at)
            .limit(1)
        )

    def _due_whole(self, destinations: Collection[str]) -> Any:
        now = self._clock()
        mine = and_(studies.c.delivery_id == deliveries.c.delivery_id, studies.c.state.in_(UNSETTLED))
        due = exists().where(mine, studies.c.due <= now).correlate(deliveries)
        not_yet = (
            exists().where(mine, or_(studies.c.seen < 0, studies.c.due > now, ~self._free())).correlate(deliveries)
        )
        return (
            select(deliveries)
            .where(
                deliveries.c.destination.in_(sorted(destinations)),
                deliveries.c.state == "running",
                deliveries.c.due <= now,
                due,
                ~not_yet,
                is_heard_out(now - self._late),
            )
            .order_by(deliveries.c.due)
            .limit(1)
        )


def _part(of: Consignment, row: Any) -> Part:
    return Part(
        of=of,
        study_instance_uid=row.study_instance_uid,
        state=row.state,
        expected=row.expected,
        problem=row.problem,
        lack=row.lack,
        revision=row.revision,
    )
