"""Studies over one association: while one is sent, those before and after it are compared with the ledger."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Self

import structlog

from radquarry.dicom.passage import Gate
from radquarry.errors import PeerAway, printable
from radquarry.mover.means import Means, Place
from radquarry.mover.port import Session
from radquarry.mover.turn import Turn, TurnOver
from radquarry.mover.visit import Visit
from radquarry.mover.wanted import Wanted

log = structlog.get_logger(__name__)

SECONDS = 10.0
"""After this a slot is given back between two studies: others wait for one, too."""
MOST_UNDER_WAY = 32
"""News of what came is gathered for a third of a second, in which many a small study is sent."""


class UnderWay:
    """Visits that need the PACS no more; they outlive their shift, and end with their worker."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def start(self, visit: Coroutine[Any, Any, None]) -> None:
        """Have it run."""
        task = asyncio.create_task(visit)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a visit failed; the study is free when its lease runs out", reason=printable(error))

    async def until_few(self) -> None:
        """Wait while there are so many that the ledger is behind."""
        while len(self._tasks) >= MOST_UNDER_WAY:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)


class Shift:
    """One slot of a PACS, and the session under its gate."""

    def __init__(self, place: Place, means: Means, gate: Gate, session: Session) -> None:
        self._place = place
        self._means = means
        self._gate = gate
        self._session = session
        self._until = time.monotonic() + SECONDS
        self._turn = Turn(self._goes_on)
        self._is_well = True
        self._asking: dict[asyncio.Task[None], Visit] = {}

    async def work(self, under_way: UnderWay) -> bool:
        """Visit studies until there is none, or the slot is to be given back; whether there was one.

        While one is sent, the next is made ready: not more, since what is urgent comes after what was begun.
        """
        taken = await self._means.leases.take(self._place.name)
        was_one = taken is not None
        try:
            while taken is not None:
                self._begin(*taken, under_way)
                await under_way.until_few()
                await self._until_asking(1)
                taken = await self._next() if self._goes_on() else None
            await self._until_asking(0)
        except asyncio.CancelledError:
            if self._gate.lost is None or not self._asking:
                raise
            await asyncio.gather(*(visit.lose(self._gate.lost) for visit in self._asking.values()))
        finally:
            for free in self._asking:
                free.cancel()
        return was_one

    def _begin(self, wanted: Wanted, holder: str, under_way: UnderWay) -> None:
        visit = Visit(wanted, holder, self._place, self._means)
        under_way.start(self._visited(visit, holder))
        self._asking[asyncio.create_task(visit.until_free())] = visit

    async def _until_asking(self, most: int) -> None:
        """Wait while more visits than that need the association."""
        while len(self._asking) > most:
            done, _ = await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)
            for free in done:
                self._is_well &= self._asking.pop(free).is_well

    def _goes_on(self) -> bool:
        return self._is_well and not self._gate.is_wanted_back and time.monotonic() < self._until

    async def _next(self) -> tuple[Wanted, str] | None:
        """One more study, if it may be begun now, and the name under which we hold it."""
        try:
            not_now = (await self._means.load.standing(self._place.name)).forbidden()
            if not_now is not None or await self._means.load.study(self._place.name):
                return None
            return await self._means.leases.take(self._place.name)
        except PeerAway:
            return None  # the worker meets it again, and waits

    async def _visited(self, visit: Visit, holder: str) -> None:
        try:
            await visit.run(self._session, self._turn)
        except TurnOver:
            await self._drop(holder)
        except PeerAway as away:
            log.warning("a study is left for later", pacs=self._place.name, reason=str(away))
            await self._drop(holder)
        finally:
            self._means.leases.forget(holder)

    async def _drop(self, holder: str) -> None:
        try:
            await self._means.leases.drop(holder)
        except PeerAway:
            log.warning("a study is free again when its lease runs out", pacs=self._place.name)
