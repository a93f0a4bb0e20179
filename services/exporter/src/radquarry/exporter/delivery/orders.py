"""Deliveries as people ordered them: taken, cancelled, tried again, closed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.dicom.uids import is_uid
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.tables import UNSETTLED, deliveries, instances, retrievals, retrieved, studies
from radquarry.messages import DeliveryRequested
from radquarry.state.store import State


class Orders:
    """The table of deliveries; `late` is how long after a retrieval's end something may still be heard of it."""

    def __init__(self, state: State, clock: Callable[[], datetime], late: float) -> None:
        self._state = state
        self._clock = clock
        self._late = timedelta(seconds=late)

    async def take(self, order: DeliveryRequested, refusal: str) -> None:
        """Write an order down; the same one again changes nothing."""
        now = self._clock()
        named = [uid for uid in dict.fromkeys(order.studies) if is_uid(uid)]
        row = {
            "delivery_id": str(order.delivery_id),
            "order_id": str(order.id),
            "trail": str(order.trail),
            "retrieval_id": str(order.retrieval_id),
            "destination": order.destination[:64],
            "chosen": bool(order.studies),
            "deidentify": order.deidentify.model_dump_json() if order.deidentify else "",
            "reports": order.reports,
            "mapping": order.mapping,
            "state": "refused" if refusal else "running",
            "problem": refusal,
            "parcels": 0,
            "attempts": 0,
            "due": now,
            "requested_at": now,
        }
        rows = [unheard(str(order.delivery_id), uid, now) for uid in named]
        async with self._state.writing() as connection:
            if (await connection.execute(select(deliveries).where(_of(order.delivery_id)))).first() is not None:
                return
            await self._state.upsert(connection, deliveries, [row])
            await self._state.upsert(connection, studies, rows)

    async def get(self, delivery_id: UUID) -> tuple[Consignment, str] | None:
        """A delivery, and what people want of it."""
        async with self._state.reading() as connection:
            row = (await connection.execute(select(deliveries).where(_of(delivery_id)))).first()
        return (Consignment.of(row), row.state) if row is not None else None

    async def cancel(self, delivery_id: UUID) -> bool:
        """For good; False when there is no such delivery."""
        async with self._state.writing() as connection:
            open_ones = _of(delivery_id) & (deliveries.c.state != "refused") & deliveries.c.closed_at.is_(None)
            await connection.execute(update(deliveries).where(open_ones).values(state="cancelled", problem=""))
            return (await connection.execute(select(deliveries.c.state).where(_of(delivery_id)))).first() is not None

    async def retry(self, delivery_id: UUID, told_at: datetime, refusal: str) -> None:
        """Have tried at once, with fresh attempts, what did not arrive; an order of an earlier time changes nothing."""
        told, now = told_at.astimezone(UTC), self._clock()
        untold = deliveries.c.told_at.is_(None) | (deliveries.c.told_at < told)
        one = and_(_of(delivery_id), deliveries.c.state != "cancelled", untold)
        fresh = {"told_at": told, "attempts": 0, "due": now, "closed_at": None, "asked_at": None, "problem": refusal}
        lacking = exists().where(
            instances.c.delivery_id == studies.c.delivery_id,
            instances.c.study_instance_uid == studies.c.study_instance_uid,
            instances.c.state == "expected",
        )
        mine = studies.c.delivery_id == str(delivery_id)
        async with self._state.writing() as connection:
            state = "refused" if refusal else "running"
            result = await connection.execute(update(deliveries).where(one).values(state=state, **fresh))
            if result.rowcount == 0 or refusal:
                return
            of_it = instances.c.delivery_id == str(delivery_id)
            unsent = of_it & instances.c.state.in_(("failed", "missing"))
            again = {"state": "expected", "problem": "", "sent": 0}
            await connection.execute(update(instances).where(unsent).values(**again))
            at_once = update(instances).where(of_it, instances.c.state == "expected")
            await connection.execute(at_once.values(attempts=0, due=None))
            opened = {"state": "requested", "due": now, "problem": ""}
            await connection.execute(update(studies).where(mine, studies.c.seen >= 0, lacking).values(**opened))
            unheard_of = {**opened, "state": "waiting"}
            await connection.execute(update(studies).where(mine, studies.c.seen < 0).values(**unheard_of))

    async def refuse_unknown(self, known: Sequence[str]) -> None:
        """Open deliveries to destinations that are in the configuration no more can never go on."""
        lost = (deliveries.c.state == "running") & deliveries.c.closed_at.is_(None)
        lost &= deliveries.c.destination.not_in(known)
        problem = "the destination is not in the configuration any more"
        async with self._state.reading() as connection:
            if (await connection.execute(select(deliveries.c.delivery_id).where(lost).limit(1))).first() is None:
                return
        async with self._state.writing() as connection:
            await connection.execute(update(deliveries).where(lost).values(state="refused", problem=problem))

    async def put_off(self, delivery_id: UUID, attempts: int, seconds: float, problem: str) -> datetime:
        """Its destination took nothing: that many times in a row now, and for this reason. When it is tried again."""
        due = self._clock() + timedelta(seconds=seconds)
        values = {"attempts": attempts, "problem": problem, "due": due}
        async with self._state.writing() as connection:
            await connection.execute(update(deliveries).where(_of(delivery_id)).values(**values))
        return due

    async def went(self, delivery_id: UUID) -> None:
        """Its destination takes something again."""
        troubled = _of(delivery_id) & (deliveries.c.attempts > 0)
        async with self._state.writing() as connection:
            await connection.execute(update(deliveries).where(troubled).values(attempts=0, problem=""))

    async def at_their_end(self) -> list[Any]:
        """Deliveries with nothing left to do that are not closed yet: their row, with sums over their studies."""
        mine = studies.c.delivery_id == deliveries.c.delivery_id
        unsettled = exists().where(mine, studies.c.state.in_(UNSETTLED)).correlate(deliveries)
        all_known = is_heard_out(self._clock() - self._late) & ~_has_unknown()
        ended = or_(deliveries.c.state != "running", all_known)
        query = select(deliveries).where(deliveries.c.closed_at.is_(None), ~unsettled, ended)
        async with self._state.reading() as connection:
            return list((await connection.execute(query)).all())

    async def is_open(self, delivery_id: UUID) -> bool:
        """Whether its end has not been said yet."""
        query = select(deliveries.c.delivery_id).where(_of(delivery_id), deliveries.c.closed_at.is_(None))
        async with self._state.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def is_over(self, delivery_id: UUID) -> bool:
        """Whether it is one of ours, and its end has been said."""
        query = select(deliveries.c.delivery_id).where(_of(delivery_id), deliveries.c.closed_at.is_not(None))
        async with self._state.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def close(self, delivery_id: UUID, told_at: datetime | None) -> None:
        """Its end has been published; it stays open when it was taken up again meanwhile."""
        mine = studies.c.delivery_id == deliveries.c.delivery_id
        unsettled = exists().where(mine, studies.c.state.in_(UNSETTLED)).correlate(deliveries)
        same = deliveries.c.told_at.is_(None) if told_at is None else deliveries.c.told_at == told_at
        async with self._state.writing() as connection:
            done = update(deliveries).where(_of(delivery_id), ~unsettled, same)
            await connection.execute(done.values(closed_at=self._clock()))

    async def sums(self, delivery_id: UUID) -> dict[str, int]:
        """Expected, delivered and held back instances, and findings in the latter."""
        mine, one = studies.c.delivery_id == str(delivery_id), instances.c.delivery_id == str(delivery_id)
        counts = select(instances.c.state, func.count().label("number")).where(one).group_by(instances.c.state)
        async with self._state.reading() as connection:
            expected = await connection.scalar(select(func.coalesce(func.sum(studies.c.expected), 0)).where(mine))
            found = {row.state: row.number for row in (await connection.execute(counts)).all()}
            unsound = await connection.scalar(
                select(func.count()).select_from(studies).where(mine, studies.c.state != "complete")
            )
        return {
            "expected": int(expected or 0),
            "delivered": found.get("delivered", 0),
            "held_back": found.get("held back", 0),
            "not_complete": int(unsound or 0),
        }


def unheard(delivery_id: str, study_instance_uid: str, now: datetime) -> dict[str, Any]:
    """The row of a study of which the retrieval has brought nothing yet."""
    return {
        "delivery_id": delivery_id,
        "study_instance_uid": study_instance_uid,
        "state": "waiting",
        "due": now,
        "expected": None,
        "problem": "",
        "revision": 0,
        "seen": -1,
        "lack": "",
    }


def is_heard_out(since: datetime) -> ColumnElement[bool]:
    """Whether a delivery's retrieval has ended, and all that it said of its studies is here, or said before `since`."""
    of_it = retrieved.c.retrieval_id == deliveries.c.retrieval_id
    heard = (
        select(func.coalesce(func.sum(retrieved.c.expected), 0)).where(of_it).correlate(deliveries).scalar_subquery()
    )
    whole = or_(heard >= retrievals.c.expected, retrievals.c.heard_at < since)
    return exists().where(retrievals.c.retrieval_id == deliveries.c.retrieval_id, whole).correlate(deliveries)


def _has_unknown() -> ColumnElement[bool]:
    """Whether its retrieval holds studies that are not among a delivery's yet."""
    known = exists().where(
        studies.c.delivery_id == deliveries.c.delivery_id,
        studies.c.study_instance_uid == retrieved.c.study_instance_uid,
    )
    of_it = retrieved.c.retrieval_id == deliveries.c.retrieval_id
    unknown = exists().where(of_it, ~known.correlate(deliveries, retrieved)).correlate(deliveries)
    return ~deliveries.c.chosen & unknown


def _of(delivery_id: UUID) -> ColumnElement[bool]:
    return deliveries.c.delivery_id == str(delivery_id)


async def lock(connection: AsyncConnection, dialect: str, delivery_id: str, study_instance_uid: str) -> Any:
    """The row of a study, which nobody else changes before this transaction ends; None where there is none."""
    one = and_(studies.c.delivery_id == delivery_id, studies.c.study_instance_uid == study_instance_uid)
    query = select(studies).where(one)
    return (await connection.execute(query.with_for_update() if dialect == "postgresql" else query)).first()
