"""A finder that probes its PACS on order, goes by what was found, and says when a PACS does otherwise."""

import asyncio
from dataclasses import replace
from functools import partial

from radquarry.bus.port import Publish
from radquarry.dicom.peer import PacsAway, PacsRefuses, PacsStopped
from radquarry.finder.handlers import Archives, archive
from radquarry.finder.pacs import Pacs
from radquarry.finder.profiles import Outcome, Profiles
from radquarry.messages import Message, PacsContradicted, PacsProbed, ProbePacs
from radquarry.service import Handler, Service

LOOK_SECONDS = 3.0
"""How often a process looks whether a PACS was probed by another one, or by a command."""


def profiled(service: Service, archives: Archives, profiles: Profiles, publish: Publish) -> Service:
    """`service`, which also probes, and knows what was found by whomever."""
    for pacs in archives.values():
        pacs.watch.take_care = partial(say_contradictions, pacs, profiles, publish)
    probing = partial(probe_pacs, archives=archives, profiles=profiles, publish=publish)
    handlers: dict[type[Message], Handler] = {**service.handlers, ProbePacs: probing}
    return replace(service, handlers=handlers, loops=(*service.loops, partial(keep_up, archives, profiles, publish)))


async def probe_pacs(order: ProbePacs, *, archives: Archives, profiles: Profiles, publish: Publish) -> None:
    """Say what the PACS can do, or why that cannot be told now; the same order again gets the same answer.

    An order that comes outside the PACS's windows waits for one.
    """
    pacs = archive(archives, order.pacs)
    outcome = await profiles.outcome(order.pacs, order.id)
    if outcome is None:
        outcome = await probed(pacs)
        await profiles.keep(order.pacs, outcome, order.id)
    await publish(PacsProbed.after(order, pacs=order.pacs, profile=outcome.profile, problem=outcome.problem))
    await take_profiles(archives, profiles)


async def probed(pacs: Pacs) -> Outcome:
    """A profile, or what is wrong with the PACS; raises what is ours and passes: windows, busy associations, stores."""
    try:
        return Outcome(await pacs.probe())
    except (PacsAway, PacsRefuses, PacsStopped) as error:
        return Outcome(problem=str(error))


async def take_profiles(archives: Archives, profiles: Profiles) -> None:
    """What was found, by whichever process."""
    for name, known in (await profiles.known()).items():
        if name in archives:
            archives[name].watch.take(known.profile, known.contradicted)


async def keep_up(archives: Archives, profiles: Profiles, publish: Publish, seconds: float = LOOK_SECONDS) -> None:
    """Look now and then for new profiles, and say what contradicts them."""
    while True:
        await take_profiles(archives, profiles)
        await say_news(archives, profiles, publish)
        await asyncio.sleep(seconds)


async def say_news(archives: Archives, profiles: Profiles, publish: Publish) -> None:
    """Announce what was probed without an order, and what contradicts a profile."""
    for name, known in (await profiles.known()).items():
        if not known.is_said and name in archives:
            await publish(PacsProbed(pacs=name, profile=known.profile))
            await profiles.said(name, known.profile)
    for pacs in archives.values():
        await write_down(pacs, profiles)
    await say_unsaid(profiles, publish)


async def say_contradictions(pacs: Pacs, profiles: Profiles, publish: Publish) -> None:
    """Announce what this PACS was seen to do otherwise, once for each crawl; written down before it is said."""
    await write_down(pacs, profiles)
    await say_unsaid(profiles, publish)


async def write_down(pacs: Pacs, profiles: Profiles) -> None:
    """Several may do so at once."""
    for seen in tuple(pacs.watch.noticed):
        await profiles.contradict(seen)
        if seen in pacs.watch.noticed:
            pacs.watch.noticed.remove(seen)


async def say_unsaid(profiles: Profiles, publish: Publish) -> None:
    """Announce what was written down, by whichever process."""
    async with profiles.saying:
        for seen in await profiles.unsaid():
            about = {"kind": seen.kind, "reason": seen.reason, "seen_at": seen.seen_at, "crawl_id": seen.crawl_id}
            await publish(PacsContradicted(pacs=seen.pacs, **about))
            await profiles.said_of(seen)
