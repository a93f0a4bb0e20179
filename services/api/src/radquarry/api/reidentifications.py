"""Who is behind a pseudonym: one person asks, another one decides, and the answer is fetched once.

The answer is a file that the exporter writes; nothing of it is kept, and no message holds it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, tuple_, update

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.delivery_tables import reidentifications
from radquarry.api.delivery_views import DeliveryView
from radquarry.api.exchange import Exchange
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.orders import Orders
from radquarry.api.problems import Problem, already_decided, invalid, no_second_person, unknown
from radquarry.api.reidentification_answers import Originals, content_of, originals_in
from radquarry.api.reidentification_deadlines import UNDECIDED, asked_as, waits
from radquarry.api.reidentification_questions import Question
from radquarry.api.reidentification_views import ReidentificationView, view_of
from radquarry.api.security.rights import Rights
from radquarry.api.storable import storable
from radquarry.messages import PseudonymsResolved, ResolvePseudonyms
from radquarry.second_person import is_second_person
from radquarry.state.store import State

Which = Literal["all", "own", "waiting"]
"""`waiting` are those that this user may decide, and that nobody has decided."""


class Reidentifications:
    """`delivery` gives a delivery, whose project the pseudonyms belong to."""

    def __init__(
        self,
        state: State,
        orders: Orders,
        delivery: Callable[[UUID], Awaitable[DeliveryView]],
        exchange: Exchange,
        rights: Rights,
    ) -> None:
        self._state = state
        self._orders = orders
        self._delivery = delivery
        self._exchange = exchange
        self._rights = rights

    async def request(self, question: Question, user: str, key: str | None = None) -> UUID:
        """Ask; nothing is resolved by that. The same `key` is the same question. Raises `Problem`."""
        _check_known(user)
        delivery = await self._delivery(question.delivery_id)
        if delivery.deidentify is None:
            raise invalid("The images of this delivery are identified: nothing is to be resolved.")
        reidentification_id = await self._orders.named("reidentifications", user, key, question)
        row = {
            "reidentification_id": reidentification_id,
            "delivery_id": question.delivery_id,
            "project": delivery.deidentify.project,
            "pseudonyms": json.dumps(list(dict.fromkeys(question.pseudonyms))),
            "reason": storable(question.reason),
            "requested_by": user[:200],
            "requested_at": (now := self._orders.clock()),
            "expires_at": now + self._rights.decide_within,
        }
        async with self._state.writing() as connection:
            await self._state.upsert(connection, reidentifications, [row])
        self._audit("requested", user, reidentification_id, pseudonyms=len(question.pseudonyms))
        return reidentification_id

    async def approve(self, reidentification_id: UUID, user: str) -> None:
        """Agree to it as the second person; raises the problem to answer with. Twice is once."""
        view = await self._to_decide(reidentification_id, user)
        if view.state == "refused":
            raise already_decided(view.state)
        if view.state != "requested":
            return
        project, approved_at = await self._project(reidentification_id), self._orders.clock()
        self._audit("approval begun", user, reidentification_id, pseudonyms=len(view.pseudonyms))
        await self._orders.publish(
            ResolvePseudonyms(
                trail=reidentification_id,
                reidentification_id=reidentification_id,
                delivery_id=view.delivery_id,
                project=project,
                pseudonyms=view.pseudonyms,
                requested_by=view.requested_by,
                approved_by=user[:200],
            )
        )
        undecided = update(reidentifications).where(asked_as(reidentification_id), UNDECIDED)
        async with self._state.writing() as connection:
            await connection.execute(undecided.values(approved_by=user[:200], approved_at=approved_at))
        if (decided := await self._get(reidentification_id)).state in {"refused", "lapsed"}:
            raise already_decided(decided.state)
        self._audit("approved", user, reidentification_id, pseudonyms=len(view.pseudonyms))

    async def refuse(self, reidentification_id: UUID, reason: str, user: str) -> None:
        """Say no as the second person, and why; raises the problem to answer with. Twice is once."""
        view = await self._to_decide(reidentification_id, user)
        if view.state == "refused":
            return
        undecided = update(reidentifications).where(asked_as(reidentification_id), UNDECIDED)
        told = {"refused_by": user[:200], "refused_at": self._orders.clock(), "refusal": storable(reason)}
        async with self._state.writing() as connection:
            is_ours = (await connection.execute(undecided.values(told))).rowcount == 1
        if not is_ours:
            if (decided := await self._get(reidentification_id)).state != "refused":
                raise already_decided(decided.state)
            return
        self._audit("refused", user, reidentification_id, pseudonyms=len(view.pseudonyms))
        # an approval that broke off may have been answered
        await asyncio.to_thread(self._exchange.forget_originals, reidentification_id)

    async def hear(self, fact: PseudonymsResolved) -> None:
        """The exporter has answered, by a file; the first answer counts.

        One that comes after the fetch goes, and one that somebody refused while it was on its way.
        """
        unanswered = update(reidentifications).where(
            asked_as(fact.reidentification_id), reidentifications.c.answered_at.is_(None)
        )
        told = {"found": fact.found, "unknown": fact.unknown, "problem": storable(fact.problem)}
        async with self._state.writing() as connection:
            await connection.execute(unanswered.values(answered_at=fact.sent_at, **told))
            over = func.coalesce(reidentifications.c.fetched_at, reidentifications.c.refused_at)
            is_over = await connection.scalar(select(over).where(asked_as(fact.reidentification_id))) is not None
        if is_over:
            await asyncio.to_thread(self._exchange.forget_originals, fact.reidentification_id)

    async def block(self, reidentification_id: UUID, reason: str) -> None:
        """The question was parked, which is its answer for now; an empty reason when it is put again."""
        unanswered = update(reidentifications).where(
            asked_as(reidentification_id), reidentifications.c.answered_at.is_(None)
        )
        async with self._state.writing() as connection:
            await connection.execute(unanswered.values(problem=storable(reason)))

    async def get(self, reidentification_id: UUID, user: str) -> ReidentificationView:
        """For whoever asked, and administrators; raises the problem to show."""
        view = await self._get(reidentification_id)
        if user[:200] != view.requested_by and not self._rights.administers(user):
            raise Problem(403, "not-yours", "Not for you", "This is for whoever asked, and for administrators.")
        return view

    def may_decide(self, user: str) -> bool:
        """Whether `user` may decide other people's questions."""
        return bool(user) and self._rights.administers(user)

    async def waiting(self, user: str) -> int:
        """How many questions wait for this user's decision, or another administrator's."""
        if not self.may_decide(user):
            return 0
        counted = select(func.count()).select_from(reidentifications).where(_waits_for(user, self._orders.clock()))
        async with self._state.reading() as connection:
            return int(await connection.scalar(counted) or 0)

    async def list(
        self, user: str, limit: int = 50, after: str | None = None, *, which: Which = "all"
    ) -> Listed[ReidentificationView]:
        """Newest first: this user's, or all for administrators."""
        table = reidentifications.c
        chosen = select(reidentifications)
        if which == "own" or not self._rights.administers(user):
            chosen = chosen.where(table.requested_by == user[:200])
        if which == "waiting":
            chosen = chosen.where(_waits_for(user, self._orders.clock()))
        if after is not None:
            chosen = chosen.where(tuple_(table.requested_at, table.reidentification_id) < tuple_(*position(after)))
        chosen = chosen.order_by(table.requested_at.desc(), table.reidentification_id.desc())
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.limit(page_size(limit) + 1))
        views = tuple(view_of(row, self._orders.clock()) for row in rows[:limit])
        more = cursor(views[-1].requested_at, views[-1].id) if len(rows) > limit else None
        return Listed(views, more)

    async def fetch(self, reidentification_id: UUID, user: str) -> Originals:
        """The answer, once, for whoever asked; raises the problem to answer with."""
        view = await self._get(reidentification_id)
        if not user or user[:200] != view.requested_by:
            self._audit("answer refused", user, reidentification_id)
            raise Problem(403, "not-yours", "Not for you", "The answer is for whoever asked, and for nobody else.")
        if view.state in {"fetched", "expired"}:
            raise Problem(410, view.state, "Gone", "The answer is given once, within a day of its approval: ask again.")
        answer = self._exchange.originals(reidentification_id)
        if view.state != "answered" or not await asyncio.to_thread(answer.is_file):
            why = f": {view.problem}. Ask again." if view.state == "failed" else "."
            raise Problem(409, "not-ready", "Not ready", f"There is no answer: the question is {view.state}{why}")
        content = await asyncio.to_thread(content_of, answer)
        await self._claim(reidentification_id)
        self._audit("answer fetched", user, reidentification_id, found=view.found)
        await asyncio.to_thread(self._exchange.forget_originals, reidentification_id)
        return originals_in(content)

    async def _to_decide(self, reidentification_id: UUID, user: str) -> ReidentificationView:
        """A question that `user` may decide; raises the problem to answer with."""
        _check_known(user)
        view = await self._get(reidentification_id)
        if not self._rights.administers(user):
            self._audit("decision refused", user, reidentification_id)
            detail = "Only administrators may decide; api.authentication.administrators names them."
            raise Problem(403, "not-an-administrator", "Not for you", detail)
        if not is_second_person(view.requested_by, user[:200]):
            self._audit("decision refused", user, reidentification_id)
            raise Problem(403, "same-person", "Not for you", "Whoever asked cannot decide: it takes a second person.")
        if view.state == "lapsed":
            raise already_decided(view.state)
        return view

    async def _claim(self, reidentification_id: UUID) -> None:
        unfetched = update(reidentifications).where(
            asked_as(reidentification_id), reidentifications.c.fetched_at.is_(None)
        )
        async with self._state.writing() as connection:
            claim = unfetched.values(fetched_at=self._orders.clock())
            if (await connection.execute(claim)).rowcount != 1:
                raise Problem(410, "fetched", "Gone", "The answer was fetched already: it is given once.")

    async def _get(self, reidentification_id: UUID) -> ReidentificationView:
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, select(reidentifications).where(asked_as(reidentification_id)))
        if not rows:
            raise unknown("reidentification", reidentification_id)
        return view_of(rows[0], self._orders.clock())

    async def _project(self, reidentification_id: UUID) -> str:
        async with self._state.reading() as connection:
            chosen = select(reidentifications.c.project).where(asked_as(reidentification_id))
            return str(await connection.scalar(chosen) or "")

    def _audit(self, what: str, user: str, reidentification_id: UUID, **about: object) -> None:
        audit(f"reidentification {what}", user, reidentification_id=str(reidentification_id), **about)


def _waits_for(user: str, now: datetime) -> ColumnElement[bool]:
    return and_(waits(now), func.lower(reidentifications.c.requested_by) != user[:200].lower())


def _check_known(user: str) -> None:
    if not user:
        raise no_second_person()
