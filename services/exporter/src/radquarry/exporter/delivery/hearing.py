"""What retrievals say, kept: where their studies stand, which instances they brought, that they ended."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, Update, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.dicom.uids import is_uid
from radquarry.exporter.tables import brought, deliveries, retrievals, retrieved, studies
from radquarry.messages import RetrievalCompleted, RetrievalProgressed
from radquarry.state.store import State, insert_rows


class Hearing:
    """Of messages that come twice, late and in any order: of each row the newest word counts."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock

    async def progressed(self, event: RetrievalProgressed) -> None:
        """Of a study; what its instances say counts by itself, as they come in several messages."""
        if not is_uid(event.study_instance_uid):
            return
        key = {"retrieval_id": str(event.retrieval_id), "study_instance_uid": event.study_instance_uid}
        study = {"state": event.state, "expected": event.expected, "problem": event.problem, "revision": event.revision}
        rows = [
            {
                **key,
                "sop_instance_uid": one.sop_instance_uid,
                "series_instance_uid": one.series_instance_uid,
                "received": one.received,
                "sha256": one.sha256,
                "problem": one.problem,
                "revision": event.revision,
            }
            for one in event.instances
            if is_uid(one.sop_instance_uid) and is_uid(one.series_instance_uid)
        ]
        async with self._state.writing() as connection:
            await self._newest(connection, retrieved, [{**key, **study}], "revision")
            await self._newest(connection, brought, rows, "revision")
            if rows:
                await connection.execute(_looked_at_too_soon(event))

    async def ended(self, event: RetrievalCompleted) -> None:
        """Every study of it has settled, for now."""
        row = {
            "retrieval_id": str(event.retrieval_id),
            "state": event.state,
            "expected": event.expected,
            "said_at": event.sent_at.astimezone(UTC),
            "heard_at": self._clock(),
        }
        async with self._state.writing() as connection:
            await self._newest(connection, retrievals, [row], "said_at")

    async def _newest(
        self, connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], by: str
    ) -> None:
        """Write rows; where one is there already, the one with the greater `by` counts."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        distinct = list({tuple(row[key] for key in keys): row for row in rows}.values())
        statement = (postgresql if self._state.dialect == "postgresql" else sqlite).insert(table)
        fresh = {name: statement.excluded[name] for name in distinct[0] if name not in keys}
        newer = table.c[by] < statement.excluded[by]
        statement = statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=newer)
        await insert_rows(connection, statement, distinct)


def _looked_at_too_soon(event: RetrievalProgressed) -> Update:
    """The statement by which deliveries that have seen later words on the study, and not these, look again."""
    of_retrieval = select(deliveries.c.delivery_id).where(deliveries.c.retrieval_id == str(event.retrieval_id))
    return (
        update(studies)
        .where(
            studies.c.delivery_id.in_(of_retrieval),
            studies.c.study_instance_uid == event.study_instance_uid,
            studies.c.seen > event.revision,
        )
        .values(seen=0)
    )
