"""Reports that were asked for and are not there yet: remembered, and asked for again later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Text, delete, select, update

from radquarry.batching import Batch
from radquarry.messages import StudyFound
from radquarry.state.store import State

tables = MetaData()
missing = Table(
    "ris_fetcher_missing",
    tables,
    Column("study_instance_uid", String(64), primary_key=True),
    Column("found", Text, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("ask_again_at", DateTime(timezone=True), nullable=False, index=True),
)

LEASE = timedelta(minutes=10)
"""How long one replica has for those it took before another may."""


@dataclass(frozen=True)
class AskAgain:
    """How long to wait after the first, second, … asking; after the last one the report is given up."""

    after: tuple[timedelta, ...] = (
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(days=7),
        timedelta(days=30),
        timedelta(days=365),
    )
    look_every_seconds: float = 30

    def next(self, asked: int, now: datetime) -> datetime | None:
        """When to ask after `asked` askings; None when that was the last."""
        return now + self.after[asked - 1] if asked <= len(self.after) else None


@dataclass(frozen=True)
class Due:
    """A report to ask for now; it was asked for `asked` times before."""

    found: StudyFound
    asked: int


class Missing:
    """The table of missing reports. One row a study; the latest finding of it counts."""

    def __init__(self, state: State, again: AskAgain) -> None:
        self._state = state
        self.again = again
        self._remembering = Batch(self._write)

    def next(self, asked: int) -> datetime | None:
        """When it is asked for again after `asked` askings in vain; None when that was the last."""
        return self.again.next(asked, datetime.now(UTC))

    async def remember(self, found: StudyFound, asked: int, when: datetime | None) -> None:
        """Note that it was asked for `asked` times in vain and is due at `when`; None: it is given up."""
        if when is None:
            await self.forget(found.study.study_instance_uid)
            return
        await self._remembering.add(
            {
                "study_instance_uid": found.study.study_instance_uid,
                "found": found.model_dump_json(),
                "asked": asked,
                "ask_again_at": when,
            }
        )

    async def forget(self, study_instance_uid: str) -> None:
        """It is there now, or never will be."""
        async with self._state.writing() as connection:
            await connection.execute(delete(missing).where(missing.c.study_instance_uid == study_instance_uid))

    async def take_due(self, most: int = 100) -> list[Due]:
        """Up to `most` that are due; nobody else gets them for a while, and they stay until they are forgotten."""
        now = datetime.now(UTC)
        async with self._state.writing() as connection:
            rows = (
                await connection.execute(
                    select(missing)
                    .where(missing.c.ask_again_at <= now)
                    .order_by(missing.c.ask_again_at)
                    .limit(most)
                    .with_for_update(skip_locked=True)
                )
            ).all()
            if rows:
                taken = missing.c.study_instance_uid.in_([row.study_instance_uid for row in rows])
                await connection.execute(update(missing).where(taken).values(ask_again_at=now + LEASE))
        return [Due(StudyFound.model_validate_json(row.found), row.asked) for row in rows]

    async def _write(self, rows: Sequence[dict[str, object]]) -> None:
        async with self._state.writing() as connection:
            await self._state.upsert(connection, missing, rows, "found", "asked", "ask_again_at")
