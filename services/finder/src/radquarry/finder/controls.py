"""What the finder does about a PACS as a peer: a sign of life, the stop button."""

import asyncio

from radquarry.bus.port import Publish
from radquarry.dicom.load import Load
from radquarry.errors import Permanent, Transient
from radquarry.finder.handlers import Archives, archive
from radquarry.messages import EchoPacs, PacsEchoed, PacsStarted, PacsStopped, StartPacs, StopPacs

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
