"""What leaves the archive: what was delivered `archive.keep_days` ago, and what nobody waits for.

It is decided in the ledger first: from then on the instance is not here, whatever becomes of its file, and who wants it
has it sent again. What storescp was told and has not answered, it is told again; what is stored after the decision is
here again, and no removal means it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, bindparam, case, exists, null, select, update

from radquarry.messages import ArchivedInstance, InstancesRemoved
from radquarry.mover.deliveries import is_open
from radquarry.mover.tables import (
    as_utc,
    deliveries,
    delivery_instances,
    delivery_studies,
    instances,
    retrievals,
    studies,
)
from radquarry.mover.wanted import UNSETTLED
from radquarry.state.store import State

STUDIES = 20
UNTIL_ORDERED = timedelta(days=7)
"""How long what a retrieval found here stays after its end for a delivery of it to be ordered: people have weekends."""
ORDER_UNDER_WAY = timedelta(days=2)
"""How long a retrieval that a delivery names may not be known yet: its order would be parked by then."""


class Departures:
    """Of the table of instances; `keep` is how long they stay after their last delivery."""

    def __init__(self, state: State, clock: Callable[[], datetime], keep: timedelta) -> None:
        self._state = state
        self._clock = clock
        self._keep = keep

    async def due(self) -> list[str]:
        """Some studies of which something may leave now."""
        query = select(instances.c.study_instance_uid).where(*self._may_leave()).distinct().limit(STUDIES)
        return [row.study_instance_uid for row in await self._state.rows(query)]

    async def decide(self, study_instance_uid: str) -> list[ArchivedInstance]:
        """Strike out what of this study may leave now; nobody else may work on it meanwhile."""
        mine = instances.c.study_instance_uid == study_instance_uid
        values = {"leaving": instances.c.stored_at, "bytes": null(), "asked_to_leave_at": self._clock()}
        return await self._struck(update(instances).where(mine, *self._may_leave()).values(values))

    async def unanswered(self, seconds: float) -> list[str]:
        """Some studies of which storescp was told so long ago to remove something, and has not."""
        asked = instances.c.asked_to_leave_at <= self._clock() - timedelta(seconds=seconds)
        query = select(instances.c.study_instance_uid).where(asked).distinct().limit(STUDIES)
        return [row.study_instance_uid for row in await self._state.rows(query)]

    async def ask_again(self, study_instance_uid: str, seconds: float) -> list[ArchivedInstance]:
        """What it is to be told once more; only one of several movers gets it."""
        now = self._clock()
        asked = instances.c.asked_to_leave_at <= now - timedelta(seconds=seconds)
        mine = instances.c.study_instance_uid == study_instance_uid
        return await self._struck(update(instances).where(mine, asked).values(asked_to_leave_at=now))

    async def left(self, event: InstancesRemoved) -> None:
        """Write down what is not in the archive any more, unless it was stored again since. Twice is once."""
        rows = [
            {
                "of_study": one.study_instance_uid,
                "of_instance": one.sop_instance_uid,
                "until": one.stored_at.astimezone(UTC),
                "at": event.removed_at.astimezone(UTC),
            }
            for one in event.instances
        ]
        if not rows:
            return
        until: Any = bindparam("until", type_=DateTime(timezone=True))
        one = (instances.c.study_instance_uid == bindparam("of_study")) & (
            instances.c.sop_instance_uid == bindparam("of_instance")
        )
        no_later = instances.c.leaving.is_(None) | (instances.c.leaving <= until)
        statement = update(instances).where(one, no_later)
        statement = statement.values(
            leaving=until,
            left_at=bindparam("at"),
            asked_to_leave_at=null(),
            bytes=case((instances.c.stored_at <= until, null()), else_=instances.c.bytes),
        )
        async with self._state.writing() as connection:
            await connection.execute(statement, rows)

    async def _struck(self, statement: Any) -> list[ArchivedInstance]:
        columns = ("study_instance_uid", "series_instance_uid", "sop_instance_uid", "leaving")
        async with self._state.writing() as connection:
            rows = (await connection.execute(statement.returning(*(instances.c[name] for name in columns)))).all()
        return [
            ArchivedInstance(
                study_instance_uid=row.study_instance_uid,
                series_instance_uid=row.series_instance_uid,
                sop_instance_uid=row.sop_instance_uid,
                stored_at=as_utc(row.leaving),
            )
            for row in rows
        ]

    def _may_leave(self) -> Sequence[ColumnElement[bool]]:
        now = self._clock()
        last = now - self._keep
        return (
            instances.c.bytes.is_not(None),
            instances.c.delivered_at <= last,
            instances.c.stored_at <= last,
            ~_wanted_by_a_retrieval(now, self._keep),
            ~_wanted_by_a_delivery(now),
            ~_was_not_delivered(),
        )


def _wanted_by_a_retrieval(now: datetime, keep: timedelta) -> ColumnElement[bool]:
    """Of one that is open, or has ended since `keep`, or lately while no delivery of it has delivered the instance."""
    ended = retrievals.c.closed_at
    of_open = studies.c.state.in_(UNSETTLED) | ended.is_(None) | (ended > now - keep)
    undelivered = (ended > now - max(keep, UNTIL_ORDERED)) & ~_delivered_of_it()
    query = select(studies.c.study_instance_uid).join(retrievals, retrievals.c.retrieval_id == studies.c.retrieval_id)
    mine = studies.c.study_instance_uid == instances.c.study_instance_uid
    return query.where(mine, of_open | undelivered).correlate(instances).exists()


def _delivered_of_it() -> ColumnElement[bool]:
    """Whether a delivery of this retrieval has delivered this instance."""
    mine = (
        delivery_instances.c.study_instance_uid == instances.c.study_instance_uid,
        delivery_instances.c.sop_instance_uid == instances.c.sop_instance_uid,
        delivery_instances.c.delivered,
    )
    of_delivery = deliveries.c.delivery_id == delivery_instances.c.delivery_id
    query = select(delivery_instances.c.delivery_id).join(deliveries, of_delivery)
    of_it = deliveries.c.retrieval_id == retrievals.c.retrieval_id
    return query.where(*mine, of_it).correlate(instances, retrievals).exists()


def _wanted_by_a_delivery(now: datetime) -> ColumnElement[bool]:
    """Of one that is open and names the study, or whose retrieval wants it, or whose retrieval is not known yet."""
    mine = delivery_studies.c.study_instance_uid == instances.c.study_instance_uid
    named = exists().where(mine, delivery_studies.c.delivery_id == deliveries.c.delivery_id)
    of_retrieval = exists().where(
        studies.c.retrieval_id == deliveries.c.retrieval_id,
        studies.c.study_instance_uid == instances.c.study_instance_uid,
    )
    is_known = exists().where(retrievals.c.retrieval_id == deliveries.c.retrieval_id)
    unknown = ~is_known.correlate(deliveries) & (deliveries.c.requested_at > now - ORDER_UNDER_WAY)
    whole = deliveries.c.whole & (of_retrieval.correlate(deliveries, instances) | unknown)
    return exists().where(is_open(), named.correlate(deliveries, instances) | whole).correlate(instances)


def _was_not_delivered() -> ColumnElement[bool]:
    """By a delivery that may still be tried again."""
    mine = (
        delivery_instances.c.study_instance_uid == instances.c.study_instance_uid,
        delivery_instances.c.sop_instance_uid == instances.c.sop_instance_uid,
        delivery_instances.c.delivered.is_(False),
    )
    of_delivery = deliveries.c.delivery_id == delivery_instances.c.delivery_id
    query = select(delivery_instances.c.delivery_id).join(deliveries, of_delivery)
    return query.where(*mine, deliveries.c.state != "cancelled").correlate(instances).exists()
