"""What the finder does about a PACS as a peer: a sign of life, the stop button, its limits."""

import asyncio

from pydantic import ValidationError

from radquarry.bus.port import Publish
from radquarry.configuration import sections
from radquarry.dicom.load import Load
from radquarry.dicom.load_traffic import MINUTE_SECONDS, minutes
from radquarry.errors import Permanent, Transient
from radquarry.finder.handlers import Archives, archive
from radquarry.messages import (
    EchoPacs,
    LimitPacs,
    LoadLimits,
    PacsEchoed,
    PacsLimited,
    PacsStarted,
    PacsStopped,
    PacsTraffic,
    StartPacs,
    StopPacs,
)

PATIENCE_SECONDS = 20.0


async def echo_pacs(order: EchoPacs, *, archives: Archives, publish: Publish) -> None:
    """Say whether the PACS answers, or why not; never tried again, somebody is waiting for it."""
    pacs = archive(archives, order.pacs)
    milliseconds, problem = None, ""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            milliseconds = round(await pacs.echo(), 1)
    except TimeoutError:
        problem = f"{order.pacs} did not answer within {PATIENCE_SECONDS:.0f} s"
    except (Transient, Permanent) as error:
        problem = str(error)
    answered = {"answered": not problem, "milliseconds": milliseconds, "problem": problem}
    await publish(PacsEchoed.after(order, pacs=order.pacs, **answered))


async def stop_pacs(order: StopPacs, *, archives: Archives, load: Load, publish: Publish) -> None:
    """End all our traffic to the PACS; survives restarts."""
    archive(archives, order.pacs)
    await load.stop(order.pacs, order.requested_by)
    await publish(PacsStopped.after(order, pacs=order.pacs, requested_by=order.requested_by))


async def start_pacs(order: StartPacs, *, archives: Archives, load: Load, publish: Publish) -> None:
    """Allow traffic to the PACS again."""
    archive(archives, order.pacs)
    await load.start(order.pacs)
    await publish(PacsStarted.after(order, pacs=order.pacs, requested_by=order.requested_by))


async def limit_pacs(order: LimitPacs, *, archives: Archives, load: Load, publish: Publish) -> None:
    """From now on these limits hold, over restarts; without any the configured ones."""
    archive(archives, order.pacs)
    await load.limit(order.pacs, _checked(order.limits), order.requested_by)
    standing = await load.standing(order.pacs)
    held = {"limits": standing.limits, "is_configured": standing.is_configured}
    await publish(PacsLimited.after(order, pacs=order.pacs, requested_by=order.requested_by, **held))


async def say_limits(load: Load, publish: Publish) -> None:
    """At the start: what holds for each PACS."""
    for each in load.all():
        standing = await load.standing(each.pacs)
        held = {"limits": standing.limits, "is_configured": standing.is_configured}
        await publish(PacsLimited(pacs=each.pacs, requested_by=standing.requested_by, **held))


async def say_traffic(load: Load, publish: Publish, seconds: float = MINUTE_SECONDS) -> None:
    """How each PACS bears what this process asks of it."""
    async for minute in minutes(load, "finder", seconds):
        await publish(PacsTraffic(**vars(minute)))


def _checked(limits: LoadLimits | None) -> LoadLimits | None:
    """What could stand in the configuration; raises `Permanent` with what to mend."""
    try:
        return limits and LoadLimits.model_validate(sections.Load.model_validate(limits.model_dump()).model_dump())
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        words = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        raise Permanent(f"these limits cannot be kept: {words}") from None
