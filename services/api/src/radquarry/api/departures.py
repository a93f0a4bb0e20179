"""What has left the archive after its delivery. A retrieval brought it all the same, and says when it left.

Moments of storing are whole microseconds since 1970: a file that was stored later than what has left is here.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select

from radquarry.api.tables import departures, retrieval_instances
from radquarry.dicom.uids import checked_uid
from radquarry.messages import InstancesRemoved
from radquarry.state.store import State

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Departures:
    """One row for each file that left; twice is once, in any order."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def write(self, fact: InstancesRemoved) -> None:
        """Take it up. Raises `NotAUid`."""
        rows = [
            {
                "study_instance_uid": checked_uid(one.study_instance_uid, "StudyInstanceUID"),
                "sop_instance_uid": checked_uid(one.sop_instance_uid, "SOPInstanceUID"),
                "stored_us": microseconds(one.stored_at),
                "left_at": fact.removed_at,
            }
            for one in fact.instances
        ]
        async with self._state.writing() as connection:
            await self._state.upsert(connection, departures, rows)


def microseconds(stored_at: datetime | None) -> int:
    """0 where it is not known, as of what was received before anything could leave."""
    return 0 if stored_at is None else (stored_at - EPOCH) // timedelta(microseconds=1)


def has_left() -> ColumnElement[bool]:
    """Whether the file of a row of `api_retrieval_instances` is not in the archive any more."""
    return exists().where(*_of_row()).correlate(retrieval_instances)


def left_at() -> ColumnElement[Any]:
    """When it left; null while it is here."""
    first = select(func.min(departures.c.left_at)).where(*_of_row()).correlate(retrieval_instances)
    return first.scalar_subquery().label("left_at")


def _of_row() -> tuple[ColumnElement[bool], ...]:
    return (
        departures.c.study_instance_uid == retrieval_instances.c.study_instance_uid,
        departures.c.sop_instance_uid == retrieval_instances.c.sop_instance_uid,
        departures.c.stored_us >= retrieval_instances.c.stored_us,
        retrieval_instances.c.received,
    )
