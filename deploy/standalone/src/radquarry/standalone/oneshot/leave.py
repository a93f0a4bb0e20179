"""Leave to load a PACS, from whoever keeps its budget: the state store of an installation, or nobody but us."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol
from zoneinfo import ZoneInfo

from radquarry.dicom.load import StateLoad, configured
from radquarry.dicom.peer import PacsStopped
from radquarry.errors import Transient
from radquarry.standalone.oneshot.peers import Asked
from radquarry.state.store import open_state

LOOK_SECONDS = 5.0

Say = Callable[[str], None]


class Traffic(Protocol):
    """What needs leave."""

    async def hold(self, reason: str) -> None:
        """End what is under way and begin nothing."""

    async def go_on(self) -> None:
        """Begin again."""


class Leave:
    """Nobody shares the PACS with us: the limits of the command are all there is."""

    portion = 500
    """Studies to ask leave for at once."""

    async def study(self) -> None:
        """Wait until one more portion may be fetched."""

    async def keep(self) -> None:
        """Have leave until cancelled. Raises `PacsStopped`."""
        await asyncio.Event().wait()


class SharedLeave(Leave):
    """One of an installation's associations, held for as long as there is work: without it the traffic rests."""

    portion = 1

    def __init__(self, load: StateLoad, pacs: str, traffic: Traffic, say: Say) -> None:
        self._load = load
        self._pacs = pacs
        self._traffic = traffic
        self._say = say
        self._given = asyncio.Event()
        self._said = ""

    async def study(self) -> None:
        """See `Leave`."""
        await self._given.wait()
        while seconds := await self._load.study(self._pacs):
            await _pause(seconds)

    async def keep(self) -> None:
        """See `Leave`."""
        await self._traffic.hold("no association is free yet")
        while True:
            await _pause(await self._while_given())

    async def _while_given(self) -> float:
        """Seconds after which to ask again."""
        try:
            async with self._load.slot(self._pacs):
                await self._traffic.go_on()
                self._given.set()
                await asyncio.Event().wait()
        except PacsStopped:
            raise
        except Transient as not_now:
            if self._said != str(not_now):
                self._said = str(not_now)
                self._say(self._said)
            return not_now.after or LOOK_SECONDS
        finally:
            self._given.clear()
            await asyncio.shield(self._traffic.hold("no association is free now"))
        return 0.0


async def _pause(seconds: float) -> None:
    """No longer than a person would wait to see that something has changed."""
    await asyncio.sleep(min(seconds, LOOK_SECONDS))


@asynccontextmanager
async def opened_leave(asked: Asked, traffic: Traffic, say: Say) -> AsyncIterator[Leave]:
    """Of the installation whose state store is named, else our own."""
    if asked.state_url is None:
        yield Leave()
        return
    limits = {asked.name: configured(asked.settings.pacs[asked.name].load)}
    async with open_state(asked.state_url) as state:
        load = await StateLoad.open(state, limits, ZoneInfo(asked.settings.timezone))
        yield SharedLeave(load, asked.name, traffic, say)
