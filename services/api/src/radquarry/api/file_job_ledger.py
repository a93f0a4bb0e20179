"""Writes what is heard about the work on files at hand: the highest revision of each job counts."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import update

from radquarry.api.delivery_tables import file_jobs
from radquarry.api.storable import storable
from radquarry.messages import FilesProgressed
from radquarry.state.store import State


class FileJobLedger:
    """One row a job."""

    def __init__(self, state: State, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._state = state
        self._clock = clock

    async def hear(self, fact: FilesProgressed) -> None:
        """The work got further; what is older than what is known changes nothing."""
        newest = update(file_jobs).where(file_jobs.c.job_id == fact.job_id, file_jobs.c.revision < fact.revision)
        stand = newest.values(
            state=fact.state,
            total=fact.total,
            done=fact.done,
            refused=fact.refused,
            problem=storable(fact.problem),
            revision=fact.revision,
            progressed_at=self._clock(),
        )
        async with self._state.writing() as connection:
            await self._state.upsert(connection, file_jobs, [{"job_id": fact.job_id}])
            await connection.execute(stand)

    async def block(self, job_id: UUID, reason: str) -> None:
        """The order was parked; an empty reason when it is tried again."""
        async with self._state.writing() as connection:
            await self._state.upsert(connection, file_jobs, [{"job_id": job_id}])
            blocked = update(file_jobs).where(file_jobs.c.job_id == job_id)
            await connection.execute(blocked.values(blocked=storable(reason)))
