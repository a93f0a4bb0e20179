"""Studies one after the other over one association: while one is sent, those before it are compared with the ledger."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Self

import structlog

from radquarry.dicom.passage import Gate
from radquarry.errors import PeerAway, printable
from radquarry.mover.leases import LeaseLost
from radquarry.mover.means import Means, Place
from radquarry.mover.port import Session
from radquarry.mover.visit import Visit
from radquarry.mover.wanted import Wanted

log = structlog.get_logger(__name__)

SECONDS = 10.0
"""After this a slot is given back between two studies: others wait for one, too."""
MOST_UNDER_WAY = 4

Taken = tuple[Wanted, str, float]
"""A study, under which name we hold it, and since when."""


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
        self._visit: Visit | None = None

    async def work(self, under_way: UnderWay) -> bool:
        """Visit studies until there is none, or the slot is to be given back; whether there was one."""
        taken = await self._taken()
        was_one = taken is not None
        ahead: asyncio.Task[Taken | None] | None = None
        try:
            while taken is not None and await self._is_held(taken):
                self._visit = Visit(taken[0], taken[1], self._place, self._means)
                under_way.start(self._visited(self._visit, taken[1]))
                taken = None
                await under_way.until_few()
                ahead = asyncio.create_task(self._next())
                await self._visit.until_free()
                taken, ahead = await ahead, None
                if not self._goes_on(self._visit):
                    break
        except asyncio.CancelledError:
            if self._gate.lost is None or self._visit is None:
                raise
            await self._visit.lose(self._gate.lost)
        finally:
            await self._put_back(taken, ahead)
        return was_one

    def _goes_on(self, visit: Visit) -> bool:
        return visit.is_well and not self._gate.is_wanted_back and time.monotonic() < self._until

    async def _next(self) -> Taken | None:
        """One more study, if it may be begun now."""
        try:
            not_now = (await self._means.load.standing(self._place.name)).forbidden()
            if not_now is not None or await self._means.load.study(self._place.name):
                return None
            return await self._taken()
        except PeerAway:
            return None  # the worker meets it again, and waits

    async def _taken(self) -> Taken | None:
        taken = await self._means.leases.take(self._place.name)
        return None if taken is None else (*taken, time.monotonic())

    async def _is_held(self, taken: Taken) -> bool:
        """A study that was taken ahead has waited for the one before it: whether it is still ours."""
        if time.monotonic() - taken[2] < self._means.patience.lease / 3:
            return True
        try:
            await self._means.leases.renew(taken[1])
        except LeaseLost:
            return False
        return True

    async def _put_back(self, taken: Taken | None, ahead: "asyncio.Task[Taken | None] | None") -> None:
        """What was taken and not begun: its lease would run out by itself, but others would wait for that."""
        if ahead is not None:
            await asyncio.wait({ahead})
            taken = taken or ahead.result()
        if taken is not None:
            await self._drop(taken[1])

    async def _visited(self, visit: Visit, holder: str) -> None:
        try:
            await visit.run(self._session)
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
