"""Says of the studies of an order with hours of its own why they wait."""

import asyncio

import structlog

from radquarry.errors import Transient
from radquarry.mover.means import Means

log = structlog.get_logger(__name__)

AT_ONCE = 200


async def hold_by_order(means: Means) -> None:
    """Until cancelled."""
    while True:
        try:
            await say_why(means)
            await asyncio.sleep(means.patience.idle)
        except Transient as error:
            log.warning("why orders wait is said later", reason=str(error))
            await asyncio.sleep(means.patience.away[0])


async def say_why(means: Means) -> None:
    """Of each study that would be next, once."""
    for windows in await means.windows.closed():
        reason = means.windows.reason(windows)
        while waiting := await means.orders.idle_studies_outside(windows, reason, AT_ONCE):
            await means.orders.note(await means.progress.say_of_idle(waiting, "waiting", reason))
