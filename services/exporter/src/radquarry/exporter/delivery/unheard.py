"""Deliveries of retrievals of which not all was heard here: said so, asked of the mover, and refused when none answers.

The order of a delivery may come before anything of its retrieval; a retrieval may be older than the exporter's ledger.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from radquarry.exporter.patience import Patience
from radquarry.exporter.tables import deliveries, retrievals, retrieved
from radquarry.messages import DeliveryWaits, Message, TellRetrieval
from radquarry.state.store import State

UNHEARD = "nothing was heard here of its retrieval yet: the mover has been asked what it brought"
NEVER_HEARD = (
    "nothing was heard of its retrieval, and the mover has not answered: try again, or order the retrieval again, "
    "nothing is fetched twice"
)


class Unheard:
    """Of open deliveries; done twice it is done once."""

    def __init__(self, state: State, clock: Callable[[], datetime], patience: Patience) -> None:
        self._state = state
        self._clock = clock
        self._late = timedelta(seconds=patience.late)
        self._gives_up = timedelta(seconds=patience.unheard)

    async def news(self) -> list[tuple[UUID, Sequence[Message]]]:
        """What is to be said of deliveries that have just begun to wait so, or have ended it."""
        unasked, asked = deliveries.c.asked_at.is_(None), deliveries.c.asked_at.is_not(None)
        waiting = await self._rows(unasked, ~self._is_heard())
        heard = await self._rows(asked, self._is_heard())
        return [
            *((UUID(row.delivery_id), (_ask(row), _waits(row, UNHEARD))) for row in waiting),
            *((UUID(row.delivery_id), (_waits(row, ""),)) for row in heard),
        ]

    async def said(self, delivery_id: UUID, *, waits: bool) -> None:
        """That was published."""
        one = update(deliveries).where(deliveries.c.delivery_id == str(delivery_id))
        async with self._state.writing() as connection:
            await connection.execute(one.values(asked_at=self._clock() if waits else None))

    async def refuse_forgotten(self) -> None:
        """Those whose retrieval nobody knows."""
        too_long = deliveries.c.asked_at < self._clock() - self._gives_up
        if not await self._rows(too_long, ~self._is_known()):
            return
        one = update(deliveries).where(self._is_open(), too_long, ~self._is_known())
        async with self._state.writing() as connection:
            await connection.execute(one.values(state="refused", problem=NEVER_HEARD))

    async def lack(self, retrieval_id: UUID) -> str:
        """How many images its retrieval counts of which nothing was heard here, in words."""
        of_it = retrieved.c.retrieval_id == str(retrieval_id)
        told = select(func.coalesce(func.sum(retrieved.c.expected), 0)).where(of_it)
        counted = select(retrievals.c.expected).where(retrievals.c.retrieval_id == str(retrieval_id))
        async with self._state.reading() as connection:
            lacking = (await connection.scalar(counted) or 0) - (await connection.scalar(told) or 0)
        return f"of {lacking} images that the retrieval counts nothing was heard: try again" if lacking > 0 else ""

    async def _rows(self, *conditions: ColumnElement[bool]) -> list[Any]:
        async with self._state.reading() as connection:
            return list((await connection.execute(select(deliveries).where(self._is_open(), *conditions))).all())

    def _is_open(self) -> ColumnElement[bool]:
        return and_(deliveries.c.state == "running", deliveries.c.closed_at.is_(None))

    def _is_known(self) -> ColumnElement[bool]:
        """Whether anything was heard of its retrieval."""
        of_it = retrieved.c.retrieval_id == deliveries.c.retrieval_id
        ended = retrievals.c.retrieval_id == deliveries.c.retrieval_id
        return or_(exists().where(of_it).correlate(deliveries), exists().where(ended).correlate(deliveries))

    def _is_heard(self) -> ColumnElement[bool]:
        """Whether something was, and of one that has ended a while ago everything."""
        of_it = retrieved.c.retrieval_id == deliveries.c.retrieval_id
        told = select(func.coalesce(func.sum(retrieved.c.expected), 0)).where(of_it)
        lacking = and_(
            retrievals.c.retrieval_id == deliveries.c.retrieval_id,
            retrievals.c.heard_at < self._clock() - self._late / 2,
            retrievals.c.expected > told.correlate(deliveries).scalar_subquery(),
        )
        return and_(self._is_known(), ~exists().where(lacking).correlate(deliveries))


def _ask(row: Any) -> TellRetrieval:
    return TellRetrieval(cause=UUID(row.order_id), trail=UUID(row.trail), retrieval_id=UUID(row.retrieval_id))


def _waits(row: Any, problem: str) -> DeliveryWaits:
    return DeliveryWaits(
        cause=UUID(row.order_id),
        trail=UUID(row.trail),
        delivery_id=UUID(row.delivery_id),
        retrieval_id=UUID(row.retrieval_id),
        problem=problem,
    )
