"""Has storescp remove what may leave the archive; several movers share the work."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import structlog

from radquarry.bus.port import Publish
from radquarry.errors import Transient
from radquarry.messages import (
    ArchivedInstance,
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    InstancesRemoved,
    RemoveInstances,
)
from radquarry.mover.means import Means

log = structlog.get_logger(__name__)

AT_ONCE = 500


async def let_leave(means: Means, publish: Publish) -> None:
    """Until cancelled."""
    while True:
        ring = means.delivered.next_ring()
        try:
            if not await let_some_leave(means, publish):
                await ring.wait(means.patience.leave)
        except Transient as error:
            log.warning("what may leave the archive stays for now", reason=str(error))
            await asyncio.sleep(means.patience.away[0])


async def let_some_leave(means: Means, publish: Publish) -> bool:
    """Decide, and tell storescp; whether there was anything. A decision that nobody was told is told later."""
    told = False
    for study in await means.departures.due():
        holder = await means.leases.hold(study)
        if holder is None:
            continue  # somebody works on it: he may have it here or not, but not both
        try:
            told |= await _remove(await means.departures.decide(study), publish)
        finally:
            await means.leases.drop(holder)
    for study in await means.departures.unanswered(means.patience.remove):
        told |= await _remove(await means.departures.ask_again(study, means.patience.remove), publish)
    return told


async def note_delivery(event: DeliveryRequested, *, means: Means) -> None:
    """What it wants stays here."""
    await means.deliveries.request(event)


async def note_delivered(event: DeliveryProgressed, *, means: Means) -> None:
    """What was delivered may leave some day."""
    await means.deliveries.progress(event)


async def note_end_of_delivery(event: DeliveryCompleted, *, means: Means) -> None:
    """It wants nothing more."""
    await means.deliveries.complete(event)
    means.delivered.ring()


async def note_removed(event: InstancesRemoved, *, means: Means) -> None:
    """These have left."""
    await means.departures.left(event)


async def _remove(leaving: Sequence[ArchivedInstance], publish: Publish) -> bool:
    if leaving:
        log.info("instances leave the archive", count=len(leaving))
    starts = range(0, len(leaving), AT_ONCE)
    await publish(
        *(RemoveInstances(removal_id=uuid4(), instances=tuple(leaving[start : start + AT_ONCE])) for start in starts)
    )
    return bool(leaving)
