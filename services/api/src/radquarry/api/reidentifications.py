"""Who is behind a pseudonym: one person asks, another one approves, and the answer is fetched once.

The answer is a file that the exporter writes; nothing of it is kept, and no message holds it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import ColumnElement, select, tuple_, update

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.delivery_tables import reidentifications
from radquarry.api.delivery_views import DeliveryView
from radquarry.api.exchange import Exchange
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.orders import Orders
from radquarry.api.problems import Problem, invalid, unknown
from radquarry.api.reidentification_views import Originals, ReidentificationView, view_of
from radquarry.api.security.rights import Rights
from radquarry.api.storable import storable
from radquarry.messages import PseudonymsResolved, ResolvePseudonyms
from radquarry.state.store import State

MOST_PSEUDONYMS = 1000
MOST_OF_AN_ANSWER = 8 * 1024 * 1024


@dataclass(frozen=True)
class Question:
    """Which pseudonyms of a delivery somebody wants resolved, and why."""

    delivery_id: UUID
    pseudonyms: tuple[str, ...]
    reason: str


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

    async def request(self, question: Question, user: str) -> UUID:
        """Ask; nothing is resolved by that. Raises `Problem`."""
        _check_known(user)
        delivery = await self._delivery(question.delivery_id)
        if delivery.deidentify is None:
            raise invalid("The images of this delivery are identified: nothing is to be resolved.")
        reidentification_id = uuid4()
        row = {
            "reidentification_id": reidentification_id,
            "delivery_id": question.delivery_id,
            "project": delivery.deidentify.project,
            "pseudonyms": json.dumps(list(dict.fromkeys(question.pseudonyms))),
            "reason": storable(question.reason),
            "requested_by": user[:200],
            "requested_at": self._orders.clock(),
        }
        async with self._state.writing() as connection:
            await self._state.upsert(connection, reidentifications, [row])
        self._audit("requested", user, reidentification_id, pseudonyms=len(question.pseudonyms))
        return reidentification_id

    async def approve(self, reidentification_id: UUID, user: str) -> None:
        """Agree to it as the second person; raises the problem to answer with. Twice is once."""
        _check_known(user)
        view = await self._get(reidentification_id)
        if not self._rights.administers(user):
            self._audit("approval refused", user, reidentification_id)
            detail = "Only administrators may approve; api.authentication.administrators names them."
            raise Problem(403, "not-an-administrator", "Not for you", detail)
        if user[:200] == view.requested_by:
            self._audit("approval refused", user, reidentification_id)
            raise Problem(403, "same-person", "Not for you", "Whoever asked cannot approve: it takes a second person.")
        if view.state != "requested":
            return
        project, approved_at = await self._project(reidentification_id), self._orders.clock()
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
        unapproved = update(reidentifications).where(
            _is(reidentification_id), reidentifications.c.approved_at.is_(None)
        )
        async with self._state.writing() as connection:
            await connection.execute(unapproved.values(approved_by=user[:200], approved_at=approved_at))
        self._audit("approved", user, reidentification_id, pseudonyms=len(view.pseudonyms))

    async def hear(self, fact: PseudonymsResolved) -> None:
        """The exporter has answered, by a file; the first answer counts, and one that comes after the fetch goes."""
        unanswered = update(reidentifications).where(
            _is(fact.reidentification_id), reidentifications.c.answered_at.is_(None)
        )
        told = {"found": fact.found, "unknown": fact.unknown, "problem": storable(fact.problem)}
        async with self._state.writing() as connection:
            await connection.execute(unanswered.values(answered_at=fact.sent_at, **told))
            fetched = select(reidentifications.c.fetched_at).where(_is(fact.reidentification_id))
            is_fetched = await connection.scalar(fetched) is not None
        if is_fetched:
            await asyncio.to_thread(self._exchange.originals(fact.reidentification_id).unlink, missing_ok=True)

    async def block(self, reidentification_id: UUID, reason: str) -> None:
        """The question was parked, which is its answer for now; an empty reason when it is put again."""
        unanswered = update(reidentifications).where(
            _is(reidentification_id), reidentifications.c.answered_at.is_(None)
        )
        async with self._state.writing() as connection:
            await connection.execute(unanswered.values(problem=storable(reason)))

    async def get(self, reidentification_id: UUID, user: str) -> ReidentificationView:
        """For whoever asked, and administrators; raises the problem to show."""
        view = await self._get(reidentification_id)
        if user[:200] != view.requested_by and not self._rights.administers(user):
            raise Problem(403, "not-yours", "Not for you", "This is for whoever asked, and for administrators.")
        return view

    async def list(self, user: str, limit: int = 50, after: str | None = None) -> Listed[ReidentificationView]:
        """Newest first: this user's, or all for administrators."""
        table = reidentifications.c
        chosen = select(reidentifications)
        if not self._rights.administers(user):
            chosen = chosen.where(table.requested_by == user[:200])
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
        content = await asyncio.to_thread(_read, answer)
        await self._claim(reidentification_id)
        await asyncio.to_thread(answer.unlink, missing_ok=True)
        self._audit("answer fetched", user, reidentification_id, found=view.found)
        return _originals(content)

    async def _claim(self, reidentification_id: UUID) -> None:
        unfetched = update(reidentifications).where(_is(reidentification_id), reidentifications.c.fetched_at.is_(None))
        async with self._state.writing() as connection:
            claim = unfetched.values(fetched_at=self._orders.clock())
            if (await connection.execute(claim)).rowcount != 1:
                raise Problem(410, "fetched", "Gone", "The answer was fetched already: it is given once.")

    async def _get(self, reidentification_id: UUID) -> ReidentificationView:
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, select(reidentifications).where(_is(reidentification_id)))
        if not rows:
            raise unknown("reidentification", reidentification_id)
        return view_of(rows[0], self._orders.clock())

    async def _project(self, reidentification_id: UUID) -> str:
        async with self._state.reading() as connection:
            chosen = select(reidentifications.c.project).where(_is(reidentification_id))
            return str(await connection.scalar(chosen) or "")

    def _audit(self, what: str, user: str, reidentification_id: UUID, **about: object) -> None:
        audit(f"reidentification {what}", user, reidentification_id=str(reidentification_id), **about)


def _is(reidentification_id: UUID) -> ColumnElement[bool]:
    return reidentifications.c.reidentification_id == reidentification_id


def _check_known(user: str) -> None:
    if not user:
        detail = (
            "Re-identification takes two people who are known by name, and nobody has to sign in here: "
            "configure api.authentication."
        )
        raise Problem(403, "no-second-person", "Not without names", detail)


def _read(answer: Path) -> bytes:
    try:
        return answer.read_bytes() if answer.stat().st_size <= MOST_OF_AN_ANSWER else b""
    except FileNotFoundError:
        return b""


def _originals(content: bytes) -> Originals:
    """Raises the problem to answer with where it is not what was agreed on."""
    try:
        return Originals.model_validate_json(content)
    except ValidationError:
        raise Problem(
            409, "unreadable", "Unreadable", "The answer cannot be read, and has been removed: ask again."
        ) from None
