"""Retrievals as people ordered them: taken, paused, resumed, cancelled, closed."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select, update

from radquarry.dicom.uids import is_uid
from radquarry.messages import RetrievalRequested
from radquarry.mover.order_rows import fresh, lacking, series_rows, study_row
from radquarry.mover.order_windows import written
from radquarry.mover.tables import leases, retrievals, series, studies
from radquarry.mover.wanted import UNSETTLED, Wanted
from radquarry.state.store import State

Wish = Literal["running", "paused", "cancelled"]


class Orders:
    """The tables of retrievals and of the studies they want."""

    def __init__(self, state: State, clock: Callable[[], datetime], known_pacs: Collection[str]) -> None:
        self._state = state
        self._clock = clock
        self._known_pacs = frozenset(known_pacs)

    async def take(self, order: RetrievalRequested, refused: int, lack: str = "") -> None:
        """Write an order down; the same one again changes nothing. Studies whose UID is none are left out.

        With a `lack` its studies are incomplete for that reason, until somebody has them asked for again.
        """
        now = self._clock()
        due = max(now, order.not_before or now).astimezone(UTC)
        row = {
            "retrieval_id": str(order.retrieval_id),
            "order_id": str(order.id),
            "trail": str(order.trail),
            "choice": order.series.model_dump_json(),
            "state": "running",
            "refused": refused,
            "priors": order.priors.model_dump_json() if order.priors else "",
            "windows": written(order.windows),
            "requested_at": now,
        }
        rows = [
            study_row(order, wanted, position, due) | lacking(lack)
            for position, wanted in enumerate(order.studies)
            if all(map(is_uid, (wanted.study_instance_uid, *wanted.sop_instance_uids)))
            and wanted.pacs in self._known_pacs
        ]
        async with self._state.writing() as connection:
            await self._state.upsert(connection, retrievals, [row])
            await self._state.upsert(connection, studies, rows)
            await self._state.upsert(connection, series, series_rows(rows))

    async def knows(self, retrieval_id: UUID) -> bool:
        """Whether it was taken already."""
        return await self.wish_of(retrieval_id) is not None

    async def add_priors(self, of: Wanted, found: Sequence[str]) -> None:
        """Want these studies, too, as that one is wanted; who is wanted already is not wanted twice."""
        one = (studies.c.retrieval_id == str(of.retrieval_id)) & (studies.c.study_instance_uid == of.study_instance_uid)
        query = select(studies.c.priority, studies.c.position).where(one)
        async with self._state.writing() as connection:
            like = (await connection.execute(query)).one()
            row = {"retrieval_id": str(of.retrieval_id), "pacs": of.pacs, "priority": like.priority}
            row |= {"position": like.position, "sop_instance_uids": "", "prior_of": of.study_instance_uid, "listed": ""}
            rows = [{**row, "study_instance_uid": uid, **fresh(self._clock())} for uid in found]
            await self._state.upsert(connection, studies, rows)

    async def wish(self, retrieval_id: UUID, wish: Wish) -> bool:
        """Pause, resume or cancel; a cancelled or closed one stays so. False when there is no such retrieval."""
        one = retrievals.c.retrieval_id == str(retrieval_id)
        open_ones = one & (retrievals.c.state != "cancelled") & retrievals.c.closed_at.is_(None)
        async with self._state.writing() as connection:
            await connection.execute(update(retrievals).where(open_ones).values(state=wish))
            return (await connection.execute(select(retrievals.c.state).where(one))).first() is not None

    async def wish_of(self, retrieval_id: UUID) -> Wish | None:
        """What people want of this retrieval now."""
        query = select(retrievals.c.state).where(retrievals.c.retrieval_id == str(retrieval_id))
        rows = await self._state.rows(query)
        return rows[0].state if rows else None

    async def wish_for(self, wanted: Wanted) -> tuple[Wish | None, str]:
        """What people want of its retrieval now, and who gave this study up, in words."""
        one = {"of_retrieval": str(wanted.retrieval_id), "of_study": wanted.study_instance_uid}
        rows = await self._state.rows(_WISH, one)
        return (rows[0].state, rows[0].given_up) if rows else (None, "")

    async def idle_studies(self, retrieval_id: UUID) -> list[Wanted]:
        """Unsettled studies of a retrieval that nobody works on."""
        return await self._wanted(idle(self._clock()).where(studies.c.retrieval_id == str(retrieval_id)))

    async def idle_studies_of(self, pacs: str, problem: str, limit: int, windows: Collection[str]) -> list[Wanted]:
        """Studies to be got from a PACS now that nobody works on and that do not wait for `problem` yet.

        Of orders that have these `windows` of their own: who has others waits for those.
        """
        wanted = (studies.c.pacs == pacs) & retrievals.c.windows.in_(windows)
        return await self._wanted(self._not_waiting_for(problem).where(wanted).limit(limit))

    async def idle_studies_outside(self, windows: str, problem: str, limit: int) -> list[Wanted]:
        """The same of the orders that have these windows, of any PACS."""
        return await self._wanted(self._not_waiting_for(problem).where(retrievals.c.windows == windows).limit(limit))

    def _not_waiting_for(self, problem: str) -> Select[Any]:
        others = (studies.c.state != "waiting") | (studies.c.problem != problem)
        wanted = (studies.c.state != "paused") & (retrievals.c.state == "running")
        now = self._clock()
        return idle(now).where(wanted, others, studies.c.due <= now)

    async def note(self, said: Sequence[Wanted]) -> None:
        """Write down what was published of idle studies; who took one up meanwhile knows better."""
        rows = [
            {
                "of_retrieval": str(one.retrieval_id),
                "of_study": one.study_instance_uid,
                "to_state": one.state,
                "to_problem": one.problem,
                "to_revision": one.revision,
            }
            for one in said
        ]
        if not rows:
            return
        statement = update(studies).where(
            studies.c.retrieval_id == bindparam("of_retrieval"),
            studies.c.study_instance_uid == bindparam("of_study"),
            studies.c.study_instance_uid.not_in(worked_on(self._clock())),
        )
        statement = statement.values(
            state=bindparam("to_state"), problem=bindparam("to_problem"), revision=bindparam("to_revision")
        )
        async with self._state.writing() as connection:
            await connection.execute(statement, rows)

    async def studies_of(self, study_instance_uid: str, pacs: str, since: datetime) -> list[Wanted]:
        """A study as retrievals ordered since then want it, settled or not.

        Cancelled ones, and those that gave it up, want it no more.
        """
        wanted = (studies.c.study_instance_uid == study_instance_uid) & (studies.c.pacs == pacs)
        wanted &= studies.c.given_up == ""
        alive = (retrievals.c.state != "cancelled") & (retrievals.c.requested_at >= since)
        return await self._wanted(joined().where(wanted, alive))

    async def is_worked_on(self, study_instance_uid: str) -> bool:
        """Whether somebody has it leased now."""
        query = worked_on(self._clock()).where(leases.c.study_instance_uid == study_instance_uid)
        return bool(await self._state.rows(query))

    async def reopen(self, said: Sequence[Wanted]) -> None:
        """Take settled studies up again as was published, from the beginning; their retrievals are open once more."""
        async with self._state.writing() as connection:
            for one in said:
                retrieval = str(one.retrieval_id)
                row = (studies.c.retrieval_id == retrieval) & (studies.c.study_instance_uid == one.study_instance_uid)
                fresh = {"state": one.state, "problem": one.problem, "revision": one.revision, "due": self._clock()}
                fresh |= {"attempts": 0, "delays": 0, "looked_at": None}
                await connection.execute(update(studies).where(row).values(fresh))
                opened = update(retrievals).where(retrievals.c.retrieval_id == retrieval)
                await connection.execute(opened.values(closed_at=None))

    async def studies_in(self, retrieval_id: UUID) -> list[Wanted]:
        """All studies of a retrieval."""
        return await self._wanted(joined().where(studies.c.retrieval_id == str(retrieval_id)))

    async def settled(self) -> list[Any]:
        """Retrievals with nothing left to do that are not closed yet: their row, with sums over their studies."""
        return await self._summed(retrievals.c.closed_at.is_(None))

    async def ended(self, retrieval_id: UUID) -> list[Any]:
        """The same of this retrieval, when it is closed."""
        return await self._summed(retrievals.c.retrieval_id == str(retrieval_id), retrievals.c.closed_at.is_not(None))

    async def _summed(self, *conditions: ColumnElement[bool]) -> list[Any]:
        mine = studies.c.retrieval_id == retrievals.c.retrieval_id
        query = (
            select(
                retrievals,
                func.coalesce(func.sum(studies.c.expected), 0).label("expected"),
                func.coalesce(func.sum(studies.c.received), 0).label("received"),
                func.count(studies.c.state).filter(studies.c.state != "complete").label("not_complete"),
            )
            .outerjoin(studies, mine)
            .where(*conditions, ~_has_unsettled())
            .group_by(retrievals.c.retrieval_id)
        )
        return list(await self._state.rows(query))

    async def close(self, retrieval_id: str) -> None:
        """Its end has been published; it stays open when a study of it was taken up again meanwhile."""
        one = (retrievals.c.retrieval_id == retrieval_id) & ~_has_unsettled()
        async with self._state.writing() as connection:
            await connection.execute(update(retrievals).where(one).values(closed_at=self._clock()))

    async def _wanted(self, query: Select[Any]) -> list[Wanted]:
        return [Wanted.of(row) for row in await self._state.rows(query)]


def idle(now: datetime) -> Select[Any]:
    """Unsettled studies that nobody works on, as `Wanted.of` reads them."""
    return joined().where(studies.c.state.in_(UNSETTLED), studies.c.study_instance_uid.not_in(worked_on(now)))


def worked_on(now: datetime) -> Select[Any]:
    """The studies that somebody has leased now."""
    return select(leases.c.study_instance_uid).where(leases.c.until >= now)


def _has_unsettled() -> ColumnElement[bool]:
    others = studies.alias()
    unsettled = (others.c.retrieval_id == retrievals.c.retrieval_id) & others.c.state.in_(UNSETTLED)
    return exists().where(unsettled).correlate(retrievals)


_WISH = (
    select(retrievals.c.state, studies.c.given_up)
    .join_from(studies, retrievals, studies.c.retrieval_id == retrievals.c.retrieval_id)
    .where(studies.c.retrieval_id == bindparam("of_retrieval"), studies.c.study_instance_uid == bindparam("of_study"))
)


def joined() -> Select[Any]:
    """What `Wanted.of` reads."""
    mine = studies.c.retrieval_id == retrievals.c.retrieval_id
    of_retrieval = (retrievals.c.order_id, retrievals.c.trail, retrievals.c.choice, retrievals.c.priors)
    return select(studies, *of_retrieval).join(retrievals, mine)
