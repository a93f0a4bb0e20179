"""Deliveries as people see and order them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid5

import structlog
from sqlalchemy import Select, select, tuple_

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.delivery_facts import SETTLED, DeliveryFact
from radquarry.api.delivery_parts import causes_of, retrieved_by, rows_of, studies_of
from radquarry.api.delivery_tables import deliveries
from radquarry.api.delivery_views import DeliveredRow, DeliveryOrder, DeliveryView, view_of
from radquarry.api.destinations import Destinations, not_for_you
from radquarry.api.exchange import Exchange
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.orders import Orders
from radquarry.api.problems import Problem, already_settled, invalid, unknown
from radquarry.api.security.rights import Rights
from radquarry.api.tables import retrievals
from radquarry.errors import PeerAway
from radquarry.messages import CancelDelivery, DeliveryRequested, RetryDelivery
from radquarry.state.store import State

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class OfRetrieval:
    """An order beside the retrieval that it is of: together one `Idempotency-Key` stands for them."""

    retrieval_id: UUID
    order: DeliveryOrder


class Deliveries:
    """`write` is the ledger's; `destinations` says what may go where; reports lie in `exchange`."""

    def __init__(
        self,
        state: State,
        orders: Orders,
        write: Callable[[DeliveryFact], Awaitable[None]],
        destinations: Destinations,
        exchange: Exchange,
    ) -> None:
        self._state = state
        self._orders = orders
        self._write = write
        self.destinations = destinations
        self._exchange = exchange

    async def request(self, retrieval_id: UUID, order: DeliveryOrder, user: str = "", key: str | None = None) -> UUID:
        """Order a delivery of a retrieval. Raises `Problem`, or `PeerAway` when nothing was ordered."""
        self.destinations.check(order, user)
        await self._check_studies(retrieval_id, order)
        delivery_id = await self._orders.named("deliveries", user, key, OfRetrieval(retrieval_id, order))
        if key is not None and await self.is_known(delivery_id):
            return delivery_id
        message = self._message(delivery_id, retrieval_id, order, user)
        await self._orders.publish(message)
        await self.note(message)
        return delivery_id

    def beside(self, retrieval_id: UUID, order: DeliveryOrder, user: str) -> DeliveryRequested:
        """The order, checked before, that goes out together with its retrieval: one for each retrieval."""
        return self._message(delivery_of(retrieval_id), retrieval_id, order, user)

    async def is_known(self, delivery_id: UUID) -> bool:
        """Whether it was ordered."""
        return await self._row(delivery_id) is not None

    async def note(self, message: DeliveryRequested) -> None:
        """Write down what was published; where that fails it comes back by the bus."""
        how = message.deidentify
        audit(
            message.topic,
            message.requested_by,
            delivery_id=str(message.delivery_id),
            retrieval_id=str(message.retrieval_id),
            destination=message.destination,
            project=how.project if how else "",
            is_identified=how is None,
            mapping=message.mapping,
        )
        try:
            await self._write(message)
        except PeerAway:
            log.warning("the order is on its way and is shown when it comes back", delivery_id=str(message.delivery_id))

    async def get(self, delivery_id: UUID) -> DeliveryView:
        """One delivery with its studies, in the order of the retrieval, and why instances did not arrive."""
        row = await self._row(delivery_id)
        if row is None:
            raise unknown("delivery", delivery_id)
        studies, causes = await studies_of(self._state, row), await causes_of(self._state, delivery_id)
        return view_of(row, studies, causes, row.retrieved)

    async def list(
        self, limit: int = 50, after: str | None = None, retrieval_id: UUID | None = None
    ) -> Listed[DeliveryView]:
        """Newest first; of one retrieval only, where it is named."""
        key = tuple_(deliveries.c.requested_at, deliveries.c.delivery_id)
        chosen = _with_retrieval()
        if retrieval_id is not None:
            chosen = chosen.where(deliveries.c.retrieval_id == retrieval_id)
        if after is not None:
            chosen = chosen.where(key < tuple_(*position(after)))
        chosen = chosen.order_by(deliveries.c.requested_at.desc(), deliveries.c.delivery_id.desc())
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.limit(page_size(limit) + 1))
        views = tuple(view_of(row, retrieved=row.retrieved) for row in rows[:limit])
        more = cursor(views[-1].requested_at, views[-1].id) if len(rows) > limit else None
        return Listed(views, more)

    async def with_mapping(self, limit: int) -> tuple[DeliveryView, ...]:
        """The newest ones whose pseudonyms can be resolved."""
        chosen = _with_retrieval().where(deliveries.c.mapping.is_(True), deliveries.c.is_deidentified.is_(True))
        chosen = chosen.order_by(deliveries.c.requested_at.desc(), deliveries.c.delivery_id.desc())
        async with self._state.reading() as connection:
            return tuple(view_of(row) for row in await bulk.fetch(connection, chosen.limit(limit)))

    async def retry(self, delivery_id: UUID, user: str, rights: Rights) -> None:
        """Try at once what did not arrive; where nothing is left to do nothing is said.

        Identified images leave again by an administrator's hand only, as they did at first.
        """
        view = await self._open(delivery_id)
        if view.deidentify is None and not rights.administers(user):
            audit(f"{RetryDelivery.topic} refused", user, delivery_id=str(delivery_id))
            raise not_for_you("Images that are not de-identified leave by order of administrators only")
        if view.state == "cancelled":
            raise already_settled("delivery", view.state)
        if not view.can_be_retried:
            return
        sent_at = self._orders.clock()
        await self._orders.publish(RetryDelivery(trail=delivery_id, sent_at=sent_at, delivery_id=delivery_id))
        audit(RetryDelivery.topic, user, delivery_id=str(delivery_id))

    async def cancel(self, delivery_id: UUID, user: str = "") -> None:
        """Stop for good; what has left stays where it is."""
        view = await self._open(delivery_id)
        if view.state in SETTLED:
            if view.state == "cancelled":
                return
            raise already_settled("delivery", view.state)
        await self._orders.publish(CancelDelivery(trail=delivery_id, delivery_id=delivery_id, requested_by=user))
        audit(CancelDelivery.topic, user, delivery_id=str(delivery_id))

    def manifest(self, delivery_id: UUID) -> AsyncIterator[DeliveredRow]:
        """Every instance whose fate is known, in portions: flat memory."""
        return rows_of(self._state, delivery_id)

    async def has_report(self, delivery_id: UUID) -> bool:
        """Whether there is a release report."""
        return await asyncio.to_thread(self._exchange.release_report, delivery_id, "json") is not None

    async def report(self, delivery_id: UUID, form: Literal["json", "csv"]) -> Path:
        """The release report; raises the problem to show where there is none (yet)."""
        row = await self._row(delivery_id)
        if row is None:
            raise unknown("delivery", delivery_id)
        file = await asyncio.to_thread(self._exchange.release_report, delivery_id, form)
        if file is None:
            why = "it is written when its studies have settled" if row.is_deidentified else "its images are identified"
            raise Problem(409, "not-ready", "No report", f"There is no release report of this delivery: {why}.")
        return file

    def _message(self, delivery_id: UUID, retrieval_id: UUID, order: DeliveryOrder, user: str) -> DeliveryRequested:
        fields = asdict(order) | {"deidentify": order.deidentify}
        about = {"trail": delivery_id, "delivery_id": delivery_id, "retrieval_id": retrieval_id, "requested_by": user}
        return DeliveryRequested(sent_at=self._orders.clock(), **about, **fields)

    async def _check_studies(self, retrieval_id: UUID, order: DeliveryOrder) -> None:
        known = set(await retrieved_by(self._state, retrieval_id))
        if not known:
            raise unknown("retrieval", retrieval_id)
        if strange := [place for place, uid in enumerate(order.studies) if uid not in known]:
            detail = f"{len(strange)} of these {len(order.studies)} studies are not in this retrieval."
            raise invalid(detail, positions=strange[:100])

    async def _open(self, delivery_id: UUID) -> DeliveryView:
        """Without its studies; raises the problem to show of an order that was parked."""
        row = await self._row(delivery_id)
        if row is None:
            raise unknown("delivery", delivery_id)
        if row.refused:
            detail = "The order itself could not be taken up: replay or discard it among the failures."
            raise Problem(409, "order-failed", "The order itself has failed", detail)
        return view_of(row)

    async def _row(self, delivery_id: UUID) -> "bulk.Found | None":
        chosen = _with_retrieval().where(deliveries.c.delivery_id == delivery_id)
        async with self._state.reading() as connection:
            return next(iter(await bulk.fetch(connection, chosen)), None)


def delivery_of(retrieval_id: UUID) -> UUID:
    """The delivery that was ordered together with a retrieval."""
    return uuid5(retrieval_id, "delivery")


def _with_retrieval() -> Select[tuple[object, ...]]:
    """Deliveries that were ordered, each with the states of its retrieval's studies."""
    same = deliveries.c.retrieval_id == retrievals.c.retrieval_id
    chosen = select(deliveries, retrievals.c.states.label("retrieved")).outerjoin_from(deliveries, retrievals, same)
    return chosen.where(deliveries.c.requested_at.is_not(None))
