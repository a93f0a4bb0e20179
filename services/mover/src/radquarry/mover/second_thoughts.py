"""What people decide about single studies of a retrieval: to have them asked for again, or to give them up.

A study remembers when it was last decided about (`told_at`): what is delivered twice, or late, changes nothing.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.mover.orders import idle, joined, worked_on
from radquarry.mover.tables import retrievals, studies
from radquarry.mover.wanted import UNSETTLED, Wanted
from radquarry.state.store import State

PORTION = 500
UNFIT = ("incomplete", "waiting")

Revised = tuple[Wanted, Wanted]
"""A study as it was read, and as it was published since."""


class SecondThoughts:
    """Of the tables of `Orders`. Nothing is written of a study that somebody has taken up since it was read."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock

    async def to_ask_again(self, retrieval_id: UUID, named: Collection[str], told_at: datetime) -> list[Wanted]:
        """Those of the `named` (none is all) that lack something and that nobody works on.

        Who waits for the time he was ordered for has lacked nothing yet.
        """
        now = self._clock()
        untried = (studies.c.attempts == 0) & (studies.c.delays == 0)
        for_later = (studies.c.state == "waiting") & untried & (studies.c.due > now)
        free = studies.c.study_instance_uid.not_in(worked_on(now))
        query = joined().where(_of(retrieval_id), studies.c.state.in_(UNFIT), ~for_later, free, _untold(told_at))
        return [one for one in await self._wanted(query) if not named or one.study_instance_uid in named]

    async def ask_again(
        self, retrieval_id: UUID, named: Collection[str], said: Sequence[Revised], told_at: datetime
    ) -> None:
        """Take them up from the beginning, as was published; who works on one that was given up goes on with it."""
        values = {"due": self._clock(), "attempts": 0, "delays": 0, "looked_at": None}
        values |= {"listed": "", "given_up": ""}
        kept = update(studies).where(_of(retrieval_id), studies.c.given_up != "", _untold(told_at))
        unsettled = exists().where(_of(retrieval_id), studies.c.state.in_(UNSETTLED))
        opened = update(retrievals).where(retrievals.c.retrieval_id == str(retrieval_id), unsettled)
        async with self._state.writing() as connection:
            await self._revise(connection, said, {**values, "told_at": _utc(told_at)})
            for some in _portions(named):
                goes_on = kept.where(studies.c.state.in_(UNSETTLED), *some)
                await connection.execute(goes_on.values(given_up="", told_at=_utc(told_at)))
            await connection.execute(opened.values(closed_at=None))

    async def give_up(self, retrieval_id: UUID, named: Collection[str], words: str, told_at: datetime) -> None:
        """Mark the unsettled ones of the `named` (none is all): who works on one sees it, and stops."""
        earlier = _untold(told_at) | (studies.c.told_at == _utc(told_at))
        unsettled = update(studies).where(_of(retrieval_id), studies.c.state.in_(UNSETTLED), earlier)
        async with self._state.writing() as connection:
            for some in _portions(named):
                await connection.execute(unsettled.where(*some).values(given_up=words, told_at=_utc(told_at)))

    async def given_up(self, retrieval_id: UUID) -> list[Wanted]:
        """Those that are marked, not settled, and that nobody works on."""
        return await self._wanted(idle(self._clock()).where(_of(retrieval_id), studies.c.given_up != ""))

    async def settle(self, said: Sequence[Revised]) -> None:
        """Write down the end that was published."""
        async with self._state.writing() as connection:
            await self._revise(connection, said, {})

    async def _revise(self, connection: AsyncConnection, said: Sequence[Revised], values: dict[str, Any]) -> None:
        rows = [
            {
                "of_retrieval": str(new.retrieval_id),
                "of_study": new.study_instance_uid,
                "from_revision": old.revision,
                "to_state": new.state,
                "to_problem": new.problem,
                "to_revision": new.revision,
            }
            for old, new in said
        ]
        if not rows:
            return
        statement = update(studies).where(
            studies.c.retrieval_id == bindparam("of_retrieval"),
            studies.c.study_instance_uid == bindparam("of_study"),
            studies.c.revision == bindparam("from_revision"),
            studies.c.study_instance_uid.not_in(worked_on(self._clock())),
        )
        bound: dict[str, Any] = {name: bindparam(f"to_{name}") for name in ("state", "problem", "revision")}
        await connection.execute(statement.values({**bound, **values}), rows)

    async def _wanted(self, query: Any) -> list[Wanted]:
        return [Wanted.of(row) for row in await self._state.rows(query)]


def _of(retrieval_id: UUID) -> ColumnElement[bool]:
    return studies.c.retrieval_id == str(retrieval_id)


def _untold(told_at: datetime) -> ColumnElement[bool]:
    return studies.c.told_at.is_(None) | (studies.c.told_at < _utc(told_at))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _portions(named: Collection[str]) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Conditions for as many of them at a time as a statement takes; one without any where none is named."""
    if not named:
        yield ()
    uids = list(named)
    for start in range(0, len(uids), PORTION):
        yield (studies.c.study_instance_uid.in_(uids[start : start + PORTION]),)
