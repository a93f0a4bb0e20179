"""What was parked, why in plain words, and the way back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_, update

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.failure_effects import Effects, Subject, key_of, read, words
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.problems import unknown
from radquarry.api.storable import storable
from radquarry.api.tables import failures
from radquarry.bus.port import Parked
from radquarry.errors import PeerAway
from radquarry.state.store import State

MOST_SECONDS = 3
"""Of waiting for the bus to say how much is in it."""
SHOWN = tuple(column for column in failures.c if column.name != "body")


@dataclass(frozen=True)
class FailureView:
    """One parked message; `what` says in words what did not happen, `reason` why."""

    id: UUID
    service: str
    topic: str
    reason: str
    what: str
    attempts: int
    parked_at: datetime
    trail: UUID | None
    study_instance_uid: str
    day: date | None


class Failures:
    """Keeps parked messages until a person replays or discards them.

    `effect` tells the crawls and retrievals what will not come; `replay` and `depths` are the bus's.
    """

    def __init__(
        self,
        state: State,
        effect: Effects,
        replay: Callable[[Parked], Awaitable[None]],
        depths: Callable[[], Awaitable[Mapping[str, int]]],
    ) -> None:
        self._state = state
        self._effect = effect
        self._replay = replay
        self._depths = depths

    async def keep(self, parked: Parked) -> None:
        """Take over one parked message from the bus; twice is once."""
        failure_id, subject = key_of(parked), read(parked)
        row = {
            "failure_id": failure_id,
            "service": parked.service,
            "topic": parked.topic,
            "body": parked.body,
            "reason": storable(parked.reason),
            "attempts": parked.attempts,
            "parked_at": parked.parked_at,
            "message_id": parked.message_id,
            "trail": parked.trail,
            "state": "open",
            "crawl_id": subject.crawl_id,
            "study_instance_uid": subject.study_instance_uid,
            "day": subject.day,
            "modality": subject.modality,
        }
        async with self._state.writing() as connection:
            await self._state.upsert(connection, failures, [row])
            kept = select(failures.c.state).where(failures.c.failure_id == failure_id)
            state = await connection.scalar(kept)
        if state == "open":
            await self._effect.parked(parked, failure_id)

    async def list(self, limit: int = 50, after: str | None = None) -> Listed[FailureView]:
        """The open ones, newest first."""
        chosen = select(*SHOWN).where(failures.c.state == "open")
        if after is not None:
            key = tuple_(failures.c.parked_at, failures.c.failure_id)
            chosen = chosen.where(key < tuple_(*position(after)))
        chosen = chosen.order_by(failures.c.parked_at.desc(), failures.c.failure_id.desc())
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.limit(page_size(limit) + 1))
        views = tuple(_view(row) for row in rows[:limit])
        more = cursor(views[-1].parked_at, views[-1].id) if len(rows) > limit else None
        return Listed(views, more)

    async def count(self) -> int:
        """How many are open."""
        chosen = select(func.count()).select_from(failures).where(failures.c.state == "open")
        async with self._state.reading() as connection:
            return await connection.scalar(chosen) or 0

    async def delayed(self) -> int:
        """How many messages wait for another try by themselves; 0 while the bus does not say."""
        try:
            async with asyncio.timeout(MOST_SECONDS):
                return (await self._depths()).get("delayed", 0)
        except (PeerAway, TimeoutError):
            return 0

    async def get(self, failure_id: UUID) -> FailureView:
        """One open failure."""
        return _view(await self._open(failure_id))

    async def replay(self, failure_id: UUID, user: str = "") -> None:
        """Put the message back into the queue it fell out of."""
        row = await self._open(failure_id)
        parked = Parked(
            service=row.service,
            topic=row.topic,
            body=row.body,
            reason=row.reason,
            attempts=row.attempts,
            parked_at=row.parked_at,
            message_id=row.message_id,
            trail=row.trail,
        )
        # first, for what is parked again must not find its effect taken away afterwards
        await self._effect.replayed(parked, failure_id)
        try:
            await self._replay(parked)
        except PeerAway:
            await self._effect.parked(parked, failure_id)
            raise
        await self._settle(failure_id, "replayed")
        audit("failure replayed", user, failure_id=str(failure_id))

    async def discard(self, failure_id: UUID, user: str = "") -> None:
        """Give it up: what it meant stays a problem of its crawl or retrieval."""
        await self._open(failure_id)
        await self._settle(failure_id, "discarded")
        audit("failure discarded", user, failure_id=str(failure_id))

    async def _open(self, failure_id: UUID) -> bulk.Found:
        chosen = select(failures).where(failures.c.failure_id == failure_id, failures.c.state == "open")
        async with self._state.reading() as connection:
            row = (await connection.execute(chosen)).first()
        if row is None:
            raise unknown("failure", failure_id)
        return row

    async def _settle(self, failure_id: UUID, state: str) -> None:
        """The body goes with it: it may hold a patient's data."""
        same = failures.c.failure_id == failure_id
        async with self._state.writing() as connection:
            await connection.execute(update(failures).where(same).values(state=state, body=b""))


def _view(row: bulk.Found) -> FailureView:
    return FailureView(
        id=row.failure_id,
        service=row.service,
        topic=row.topic,
        reason=row.reason,
        what=words(row.topic, row.service, Subject(row.crawl_id, row.study_instance_uid, row.day, row.modality)),
        attempts=row.attempts,
        parked_at=row.parked_at,
        trail=row.trail,
        study_instance_uid=row.study_instance_uid,
        day=row.day,
    )
