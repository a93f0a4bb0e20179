"""What is known of deliveries, heard in any order: what they want, what of it was delivered, whether they are open."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.dicom.uids import checked_uid, is_uid
from radquarry.messages import DeliveryCompleted, DeliveryProgressed, DeliveryRequested, InstanceDelivery
from radquarry.mover.tables import deliveries, delivery_instances, delivery_studies, instances
from radquarry.state.store import State, insert_rows

UNSETTLED = ("requested", "waiting", "running")
INSTANCE = ["study_instance_uid", "sop_instance_uid"]


class Deliveries:
    """The tables of deliveries, and when what they brought was delivered. Twice is once."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._dialect = postgresql if state.dialect == "postgresql" else sqlite

    async def request(self, event: DeliveryRequested) -> None:
        """It wants the whole retrieval, or these studies of it."""
        row = _row(event, event.sent_at) | {"destination": event.destination, "whole": not event.studies}
        named = [_study(event, uid, "requested", 0) for uid in event.studies if is_uid(uid)]
        async with self._state.writing() as connection:
            await self._state.upsert(connection, deliveries, [row], "destination", "whole", "requested_at")
            await self._state.upsert(connection, delivery_studies, named)

    async def progress(self, event: DeliveryProgressed) -> None:
        """A study of it got further; what was delivered is written in the ledger. Raises `NotAUid`."""
        study = checked_uid(event.study_instance_uid, "StudyInstanceUID")
        for one in event.instances:
            checked_uid(one.sop_instance_uid, "SOPInstanceUID")
        async with self._state.writing() as connection:
            await self._state.upsert(connection, deliveries, [_row(event, event.sent_at)])
            row = _study(event, study, event.state, event.revision)
            statement = self._dialect.insert(delivery_studies).values(row)
            newer = statement.excluded.revision > delivery_studies.c.revision
            fresh = {name: statement.excluded[name] for name in ("state", "revision")}
            keys = ["delivery_id", "study_instance_uid"]
            await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=newer))
            if event.instances:
                await self._note(connection, event)

    async def complete(self, event: DeliveryCompleted) -> None:
        """It has ended, for now."""
        ended = {"state": event.state, "ended_at": event.sent_at.astimezone(UTC)}
        statement = self._dialect.insert(deliveries).values(_row(event, event.sent_at) | ended)
        later = deliveries.c.ended_at.is_(None) | (statement.excluded.ended_at >= deliveries.c.ended_at)
        fresh = {name: statement.excluded[name] for name in ended}
        async with self._state.writing() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["delivery_id"], set_=fresh, where=later)
            )

    async def _note(self, connection: AsyncConnection, event: DeliveryProgressed) -> None:
        said = {one.sop_instance_uid: one for one in event.instances}
        rows = [
            {
                "delivery_id": str(event.delivery_id),
                "study_instance_uid": event.study_instance_uid,
                "sop_instance_uid": uid,
                "delivered": one.state == "delivered",
                "revision": event.revision,
            }
            for uid, one in said.items()
        ]
        statement = self._dialect.insert(delivery_instances)
        newer = statement.excluded.revision > delivery_instances.c.revision
        fresh = {name: statement.excluded[name] for name in ("delivered", "revision")}
        statement = statement.on_conflict_do_update(index_elements=["delivery_id", *INSTANCE], set_=fresh, where=newer)
        news = await connection.execute(statement.returning(delivery_instances.c.sop_instance_uid), rows)
        delivered = [one for row in news if (one := said[row.sop_instance_uid]).state == "delivered"]
        if delivered:
            await self._deliver(connection, event, delivered)

    async def _deliver(
        self, connection: AsyncConnection, event: DeliveryProgressed, delivered: Sequence[InstanceDelivery]
    ) -> None:
        """In the ledger, which may hear only later that they are here."""
        rows = [
            {
                "study_instance_uid": event.study_instance_uid,
                "sop_instance_uid": one.sop_instance_uid,
                "series_instance_uid": one.series_instance_uid,
                "expected": False,
                "delivered_at": (one.delivered_at or event.sent_at).astimezone(UTC),
            }
            for one in delivered
        ]
        statement = self._dialect.insert(instances)
        new, old = statement.excluded.delivered_at, instances.c.delivered_at
        latest = case((old.is_(None) | (new > old), new), else_=old)
        statement = statement.on_conflict_do_update(index_elements=INSTANCE, set_={"delivered_at": latest})
        await insert_rows(connection, statement, rows)


def is_open() -> ColumnElement[bool]:
    """Whether a row of `mover_deliveries` has not ended, or a study of it was taken up again since."""
    one = delivery_studies.alias()
    going_on = (one.c.delivery_id == deliveries.c.delivery_id) & (one.c.revision > 0) & one.c.state.in_(UNSETTLED)
    return (deliveries.c.state == "requested") | exists().where(going_on).correlate(deliveries)


def _row(event: DeliveryRequested | DeliveryProgressed | DeliveryCompleted, moment: datetime) -> dict[str, Any]:
    """Of a delivery whose order was not heard yet: it may want everything."""
    return {
        "delivery_id": str(event.delivery_id),
        "retrieval_id": str(event.retrieval_id),
        "whole": True,
        "state": "requested",
        "requested_at": moment.astimezone(UTC),
    }


def _study(event: DeliveryRequested | DeliveryProgressed, uid: str, state: str, revision: int) -> dict[str, Any]:
    return {
        "delivery_id": str(event.delivery_id),
        "study_instance_uid": uid,
        "state": state,
        "revision": revision,
    }
