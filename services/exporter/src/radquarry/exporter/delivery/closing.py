"""Says of each delivery when nothing of it is left to do. Only this loop does, so that no crash can lose it."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import structlog

from radquarry.errors import PeerAway, Permanent, Transient
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.delivery.means import Means
from radquarry.exporter.delivery.one_closer import one_closer
from radquarry.exporter.delivery.progress import LEAP
from radquarry.exporter.ways.port import DestinationAway, Shipment
from radquarry.messages import DeliveryCompleted, DeliveryState

log = structlog.get_logger(__name__)


async def close_deliveries(means: Means) -> None:
    """Until cancelled."""
    is_swept = False
    while True:
        try:
            if not is_swept:
                await _sweep(means)
                is_swept = True
            await means.orders.refuse_unknown(tuple(means.ways))
            await _say_unheard(means)
            await _settle_ended(means)
            for row in await means.orders.at_their_end():
                await _close(means, row)
            await means.bell.wait(means.patience.idle)
        except Transient as error:
            log.warning("deliveries wait for their end", reason=str(error))
            await asyncio.sleep(means.patience.idle)


async def _say_unheard(means: Means) -> None:
    """Whose retrieval is not known here asks for it, and says that it waits; whose is known now says so."""
    for delivery_id, messages in await means.unheard.news():
        await means.publish(*messages)
        await means.unheard.said(delivery_id, waits=len(messages) > 1)
    await means.unheard.refuse_forgotten()


async def _settle_ended(means: Means) -> None:
    """Say of the studies of cancelled and refused deliveries that nobody works on that this was it."""
    while parts := await means.leases.idle_of_ended():
        for part in parts:
            told, _ = await means.ledger.states(part.of.delivery_id, part.study_instance_uid)
            states = [one.state for one in told]
            counted = replace(part, delivered=states.count("delivered"), held_back=states.count("held back"))
            leapt = replace(counted, revision=part.revision + LEAP)
            await means.leases.settle_idle(await means.progress.settle(leapt, told))


async def _close(means: Means, row: Any) -> None:
    with one_closer(means.papers.own.parent / "locks", UUID(row.delivery_id)) as is_ours:
        if is_ours and await means.orders.is_open(UUID(row.delivery_id)):
            await _closed(means, row)


async def _closed(means: Means, row: Any) -> None:
    of = Consignment.of(row)
    problems = [row.problem] if row.state == "refused" or row.attempts else []
    if row.state == "running":
        problems.append(await _accompanied(means, of))
        problems.append("" if row.chosen else await means.unheard.lack(of.retrieval_id))
    sums = await means.orders.sums(of.delivery_id)
    problem = "; ".join(filter(None, problems))
    ended = DeliveryCompleted(
        cause=of.order_id,
        trail=of.trail,
        delivery_id=of.delivery_id,
        retrieval_id=of.retrieval_id,
        state=_state(row.state, sums, problem),
        expected=sums["expected"],
        delivered=sums["delivered"],
        held_back=sums["held_back"],
        findings=await means.account.findings(of.delivery_id),
        problem=problem,
    )
    await means.staging.clear_all(of)
    await means.papers.clear(of)
    await _clear_there(means, of)
    await means.publish(ended)
    await means.orders.close(UUID(row.delivery_id), row.told_at)
    log.info("a delivery has ended", delivery_id=row.delivery_id, state=ended.state, delivered=ended.delivered)


def _state(wish: str, sums: dict[str, int], problem: str) -> DeliveryState:
    if wish == "cancelled":
        return "cancelled"
    is_whole = sums["delivered"] == sums["expected"] and not sums["not_complete"]
    return "complete" if is_whole and not problem else "incomplete"


async def _accompanied(means: Means, of: Consignment) -> str:
    """Put beside the images what belongs there; why that could not be done."""
    way = means.ways[of.destination]
    try:
        written = await means.papers.write(of, way)
        if written.folder is not None:
            await way.accompany(Shipment(of.delivery_id, of.parcels, _none, str(uuid4())), written.folder)
    except PeerAway:
        raise
    except (Transient, Permanent) as fault:
        return f"what belongs beside the images was not delivered: {fault}"
    except OSError as fault:
        return f"what belongs beside the images could not be written: {fault.strerror}"
    return written.kept


async def _sweep(means: Means) -> None:
    """At the start: what lies half at destinations of deliveries of ours that are over."""
    for name, way in means.ways.items():
        try:
            for delivery_id in await way.unfinished():
                if await means.orders.is_over(delivery_id):
                    await way.clear(delivery_id)
        except DestinationAway as fault:
            log.warning("unfinished files may stay at a destination", destination=name, reason=str(fault))


async def _clear_there(means: Means, of: Consignment) -> None:
    """What a turn that died has left at the destination; one that is away is looked at by the next start."""
    way = means.ways.get(of.destination)
    if way is None:
        return
    try:
        await way.clear(of.delivery_id)
    except DestinationAway as fault:
        log.warning("unfinished files stay at a destination", delivery_id=str(of.delivery_id), reason=str(fault))


async def _none(_leaving: object) -> None:
    return None
