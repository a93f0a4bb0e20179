"""Loops that take due studies of one PACS and work them off, as long as nothing forbids it."""

import asyncio
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from radquarry.configuration.sections import Load as LoadSection
from radquarry.errors import PeerAway, Transient
from radquarry.mover.means import Means, Place
from radquarry.mover.pace import Pace
from radquarry.mover.visit import Visit
from radquarry.service import Loop

log = structlog.get_logger(__name__)

HELD_AT_ONCE = 200


class Workers:
    """Those of one PACS in this process: as many as it may have associations."""

    def __init__(self, place: Place, load: LoadSection, zone: ZoneInfo, pace: Pace, means: Means) -> None:
        self._place = place
        self._load = load
        self._zone = zone
        self._pace = pace
        self._means = means

    def loops(self) -> tuple[Loop, ...]:
        """One for each association."""
        return tuple(partial(self._work, number) for number in range(self._load.associations))

    async def _work(self, number: int) -> None:
        while True:
            try:
                if not await self._one(is_first=number == 0):
                    await self._means.bell.wait(self._means.patience.idle)
            except Transient as error:
                log.warning("the mover waits", pacs=self._place.name, reason=str(error))
                await asyncio.sleep(self._means.patience.away[0])

    async def _one(self, *, is_first: bool) -> bool:
        """Work on one study; False when there is none to work on now."""
        if not await self._means.leases.any_due(self._place.name):
            return False
        if reason := await self._forbidden():
            if is_first:
                await self._hold(reason)
            return False
        if seconds := await self._pace.take(self._place.name, self._load.studies_per_hour):
            await self._means.bell.wait(min(seconds, self._means.patience.away[0]))
            return True
        taken = await self._means.leases.take(self._place.name)
        if taken is None:
            return False
        wanted, holder = taken
        try:
            await Visit(wanted, holder, self._place, self._means).run()
        except PeerAway:
            await self._means.leases.drop(holder)
            raise
        return True

    async def _forbidden(self) -> str:
        """Why nothing may be begun now, in plain words."""
        local = self._means.clock().astimezone(self._zone)
        if not self._load.windows.is_open(local.replace(tzinfo=None)):
            opens = self._load.windows.next_opening(local.replace(tzinfo=None))
            return f"waits until {opens:%a %H:%M}, when {self._place.name} may be loaded"
        if await self._means.load.is_stopped(self._place.name):
            return f"traffic to {self._place.name} is stopped"
        return ""

    async def _hold(self, reason: str) -> None:
        """Say of every study that would be next why it is not."""
        while waiting := await self._means.orders.idle_studies_of(self._place.name, reason, HELD_AT_ONCE):
            said = await self._means.progress.say_of_idle(waiting, "waiting", reason)
            await self._means.orders.note(said)
