"""Says of each retrieval when nothing of it is left to do. Only this loop does, so that no crash can lose it."""

import asyncio
from typing import Any
from uuid import UUID

import structlog

from radquarry.bus.port import Publish
from radquarry.errors import Transient
from radquarry.messages import RetrievalCompleted, RetrievalState
from radquarry.mover.means import Means

log = structlog.get_logger(__name__)


async def close_retrievals(means: Means, publish: Publish) -> None:
    """Until cancelled."""
    while True:
        ring = means.bell.next_ring()
        try:
            for row in await means.orders.settled():
                await publish(completed(row))
                await means.orders.close(row.retrieval_id)
            await asyncio.sleep(means.patience.idle / 4)  # the sums run over every study of the open retrievals
            await ring.wait(means.patience.idle)
        except Transient as error:
            log.warning("retrievals wait for their end", reason=str(error))
            await asyncio.sleep(means.patience.away[0])


def completed(row: Any) -> RetrievalCompleted:
    """The last word on a retrieval, from its row and the sums over its studies."""
    return RetrievalCompleted(
        cause=UUID(row.order_id),
        trail=UUID(row.trail),
        retrieval_id=UUID(row.retrieval_id),
        state=_state(row),
        expected=row.expected,
        received=row.received,
    )


def _state(row: Any) -> RetrievalState:
    if row.state == "cancelled":
        return "cancelled"
    return "incomplete" if row.not_complete or row.refused else "complete"
