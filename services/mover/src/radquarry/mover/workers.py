"""Loops that take due studies of one PACS and work them off, as long as nothing forbids it."""

import asyncio
from functools import partial

import structlog

from radquarry.configuration.sections import MOST_ASSOCIATIONS
from radquarry.errors import PeerAway, Transient
from radquarry.mover.means import Means, Place
from radquarry.mover.shift import Shift, UnderWay
from radquarry.service import Loop

log = structlog.get_logger(__name__)

HELD_AT_ONCE = 200


class Workers:
    """Those of one PACS in this process."""

    def __init__(self, place: Place, means: Means) -> None:
        self._place = place
        self._means = means

    def loops(self) -> tuple[Loop, ...]:
        """One for each association that the PACS may ever be allowed; those beyond what it is now do nothing."""
        return tuple(partial(self._work, number) for number in range(MOST_ASSOCIATIONS))

    async def _work(self, number: int) -> None:
        async with UnderWay() as under_way:
            while True:
                ring = self._means.bell.next_ring()
                try:
                    if 0 < number >= self._means.load.associations(self._place.name):
                        await asyncio.sleep(self._means.patience.idle)
                    elif not await self._some(under_way, is_first=number == 0):
                        await ring.wait(self._means.patience.idle)
                except Transient as error:
                    log.warning("the mover waits", pacs=self._place.name, reason=str(error))
                    await self._wait(error, is_first=number == 0)

    async def _some(self, under_way: UnderWay, *, is_first: bool) -> bool:
        """Work on studies over one association; False when there is none to work on now."""
        if not await self._means.leases.any_due(self._place.name):
            return False
        not_now = (await self._means.load.standing(self._place.name)).forbidden()
        if not_now is not None:
            if is_first:
                await self._hold(str(not_now))
            return False
        if seconds := await self._means.load.study(self._place.name):
            await self._means.bell.next_ring().wait(min(seconds, self._means.patience.away[0]))
            return True
        async with self._means.load.slot(self._place.name) as gate, self._place.pacs.session(gate) as session:
            return await Shift(self._place, self._means, gate, session).work(under_way)

    async def _wait(self, error: Transient, *, is_first: bool) -> None:
        """Say of a PACS, not of our own servers, why its studies wait; and wait."""
        if is_first and not isinstance(error, PeerAway):
            try:
                await self._hold(str(error))
            except PeerAway as away:
                log.warning("the mover waits", pacs=self._place.name, reason=str(away))
        await asyncio.sleep(self._means.patience.away[0])

    async def _hold(self, reason: str) -> None:
        """Say of every study that would be next why it is not."""
        windows = await self._means.windows.open()
        while waiting := await self._means.orders.idle_studies_of(self._place.name, reason, HELD_AT_ONCE, windows):
            said = await self._means.progress.say_of_idle(waiting, "waiting", reason)
            await self._means.orders.note(said)
