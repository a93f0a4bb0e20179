"""The table of work on uploaded files: taken, leased, ended, removed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, select, update

from radquarry.exporter.delivery.progress import LEAP
from radquarry.exporter.patience import Patience
from radquarry.exporter.tables import UNSETTLED, jobs
from radquarry.messages import CancelFiles, ConvertFiles, DeidentifyFiles, FilesProgressed, PreviewFiles
from radquarry.messages.files import FilesState
from radquarry.state.store import State

Order = DeidentifyFiles | PreviewFiles | ConvertFiles
KINDS: dict[str, type[Order]] = {kind.topic: kind for kind in (DeidentifyFiles, PreviewFiles, ConvertFiles)}


@dataclass(frozen=True)
class Job:
    """Work on uploaded files; `order` is None for one that was cancelled before its order came."""

    job_id: UUID
    order: Order | None
    state: FilesState = "requested"
    total: int | None = None
    done: int = 0
    refused: int = 0
    problem: str = ""
    revision: int = 0
    attempts: int = 0
    holder: str = ""

    @classmethod
    def of(cls, row: Any) -> "Job":
        """From its row."""
        kind = KINDS.get(row.topic)
        return cls(
            job_id=UUID(row.job_id),
            order=kind.model_validate_json(row.job_order) if kind else None,
            state=row.state,
            total=row.total,
            done=row.done,
            refused=row.refused,
            problem=row.problem,
            revision=row.revision,
            attempts=row.attempts,
            holder=row.holder or "",
        )


def message(job: Job) -> FilesProgressed:
    """Where it stands, as an answer to its order."""
    said = {"state": job.state, "total": job.total, "done": job.done, "refused": job.refused}
    answers = {"cause": job.order.id, "trail": job.order.trail} if job.order is not None else {}
    return FilesProgressed(**answers, **said, job_id=job.job_id, problem=job.problem, revision=job.revision)


class Jobs:
    """Rows leased for some seconds at a time, as studies of deliveries are."""

    def __init__(self, state: State, clock: Callable[[], datetime], patience: Patience) -> None:
        self._state = state
        self._clock = clock
        self._length = timedelta(seconds=patience.lease)
        self._kept = timedelta(seconds=patience.files)
        self._ours: set[str] = set()

    async def enter(self, order: Order) -> None:
        """The same one again changes nothing."""
        row = self._row(order.job_id) | {"topic": order.topic, "job_order": order.model_dump_json()}
        async with self._state.writing() as connection:
            await self._state.upsert(connection, jobs, [row])

    async def cancel(self, order: CancelFiles) -> None:
        """For good, whether its order has come or not; its folder goes, also that of one that has ended."""
        now = self._clock()
        row = self._row(order.job_id) | {"state": "cancelled", "revision": 1, "ended_at": now}
        open_ones = and_(jobs.c.job_id == str(order.job_id), jobs.c.state.in_(UNSETTLED))
        ended = and_(jobs.c.job_id == str(order.job_id), jobs.c.state.not_in(UNSETTLED))
        values = {"state": "cancelled", "ended_at": now, "revision": jobs.c.revision + LEAP}
        async with self._state.writing() as connection:
            await self._state.upsert(connection, jobs, [row])
            await connection.execute(update(jobs).where(ended).values(ended_at=now - self._kept))
            await connection.execute(update(jobs).where(open_ones).values(**values))

    async def get(self, job_id: UUID) -> Job | None:
        """As it stands."""
        async with self._state.reading() as connection:
            row = (await connection.execute(select(jobs).where(jobs.c.job_id == str(job_id)))).first()
        return Job.of(row) if row is not None else None

    async def take(self, kinds: Sequence[type[Order]]) -> Job | None:
        """The oldest one of these kinds that nobody works on."""
        now, holder = self._clock(), str(uuid4())
        ours = or_(jobs.c.holder.is_(None), jobs.c.holder.not_in(sorted(self._ours)))
        free = or_(jobs.c.until.is_(None), jobs.c.until < now)
        query = (
            select(jobs.c.job_id)
            .where(jobs.c.topic.in_([kind.topic for kind in kinds]), jobs.c.state.in_(UNSETTLED), free, ours)
            .order_by(jobs.c.requested_at)
            .limit(1)
        )
        async with self._state.reading() as connection:  # who only looks takes no lock
            if await connection.scalar(query) is None:
                return None
        if self._state.dialect == "postgresql":
            query = query.with_for_update(skip_locked=True)
        async with self._state.writing() as connection:
            job_id = await connection.scalar(query)
            if job_id is None:
                return None
            values = {"holder": holder, "until": now + self._length, "attempts": jobs.c.attempts + 1}
            mine = update(jobs).where(jobs.c.job_id == job_id)
            await connection.execute(mine.values(revision=jobs.c.revision + LEAP, **values))
            row = (await connection.execute(select(jobs).where(jobs.c.job_id == job_id))).one()
            self._ours.add(holder)
        return Job.of(row)

    async def renew(self, job: Job) -> bool:
        """Hold on; False when it is not wanted any more, or another exporter has it."""
        one = and_(jobs.c.holder == job.holder, jobs.c.state.in_(UNSETTLED))
        values = {"until": self._clock() + self._length, "revision": job.revision}
        async with self._state.writing() as connection:
            return bool((await connection.execute(update(jobs).where(one).values(**values))).rowcount)

    async def end(self, job: Job) -> None:
        """Write down what was published, when it is still ours and wanted."""
        one = and_(jobs.c.holder == job.holder, jobs.c.state.in_(UNSETTLED))
        said = {name: getattr(job, name) for name in ("state", "total", "done", "refused", "problem", "revision")}
        async with self._state.writing() as connection:
            statement = update(jobs).where(one).values(**said, ended_at=self._clock(), holder=None, until=None)
            await connection.execute(statement)
        self.forget(job)

    def forget(self, job: Job) -> None:
        """This process works on it no more."""
        self._ours.discard(job.holder)

    async def over(self) -> list[Job]:
        """Those whose files are to go: cancelled ones at once, others when they were there for long enough."""
        gone = or_(jobs.c.state == "cancelled", jobs.c.ended_at < self._clock() - self._kept)
        query = select(jobs).where(~jobs.c.is_removed, jobs.c.state.not_in(UNSETTLED), gone)
        async with self._state.reading() as connection:
            return [Job.of(row) for row in (await connection.execute(query)).all()]

    async def removed(self, job: Job) -> None:
        """Its folder is gone."""
        async with self._state.writing() as connection:
            one = jobs.c.job_id == str(job.job_id)
            await connection.execute(update(jobs).where(one).values(is_removed=True, job_order="", topic=""))

    def _row(self, job_id: UUID) -> dict[str, Any]:
        return {
            "job_id": str(job_id),
            "topic": "",
            "job_order": "",
            "state": "requested",
            "total": None,
            "done": 0,
            "refused": 0,
            "problem": "",
            "revision": 0,
            "requested_at": self._clock(),
            "ended_at": None,
            "is_removed": False,
            "attempts": 0,
        }
