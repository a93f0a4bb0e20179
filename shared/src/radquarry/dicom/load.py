"""One budget of traffic per PACS, shared by finder, mover and all their replicas."""

import asyncio
import concurrent.futures
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import structlog

from radquarry.configuration import sections
from radquarry.dicom.load_book import LEASE, Book
from radquarry.dicom.load_standing import Clock, SlotGate, Standing
from radquarry.dicom.passage import Gate
from radquarry.errors import PeerAway
from radquarry.messages import LoadLimits
from radquarry.state.migration import migrate
from radquarry.state.store import State

log = structlog.get_logger(__name__)

VERSIONS = Path(__file__).parent / "load_migrations"
LOOK_SECONDS = 1.0
"""How often a holder looks what holds now; traffic ends well within 5 s of an order to stop."""
ASK_AGAIN_SECONDS = 0.2
REFILL_SECONDS = 5.0


def configured(section: sections.Load) -> LoadLimits:
    """The limits of a PACS as `radquarry.yaml` has them."""
    return LoadLimits.model_validate(section.model_dump())


class Load(Protocol):
    """Leave for associations and requests, the administrator's limits and stop button, of every configured PACS."""

    def slot(self, pacs: str, *, for_a_person: bool = False) -> AbstractAsyncContextManager[Gate]:
        """Hold one of the PACS's associations for the length of the block, waiting for a free one.

        Whoever opens it gives the gate to `open_association`. `for_a_person`: only for a C-ECHO, and that also
        outside the windows. Raises at its begin, or from within the block by cancelling it: `PacsStopped`,
        `OutsideWindows`, `FewerAssociations`, `PacsAway` while the PACS is given a rest, and `PeerAway` when the
        state store was away for so long that another may hold the slot.
        """

    async def stop(self, pacs: str, requested_by: str) -> None:
        """No new slot is given, and who holds one loses it within two seconds; survives restarts."""

    async def start(self, pacs: str) -> None:
        """Slots are given again."""

    async def limit(self, pacs: str, limits: LoadLimits | None, requested_by: str) -> None:
        """Set other limits, or the configured ones again; every process keeps to them within two seconds."""

    async def standing(self, pacs: str) -> Standing:
        """What holds now, at most a second old; raises `PeerAway`."""

    def associations(self, pacs: str) -> int:
        """How many there may be, as last read."""

    async def study(self, pacs: str) -> float:
        """0.0 when one more study may be retrieved, and it counts; else the seconds until one may."""

    def all(self) -> Iterable[Standing]:
        """Every PACS, as last read."""


class StateLoad:
    """Slots as leased rows of the state store: a holder that dies frees its slot when the lease runs out."""

    def __init__(self, state: State, standings: Mapping[str, Standing]) -> None:
        self._book = Book(state)
        self._standings = standings
        loop = asyncio.get_running_loop()
        for standing in standings.values():
            standing.refill = partial(self._refill_from_thread, standing, loop)

    @classmethod
    async def open(
        cls, state: State, limits: Mapping[str, LoadLimits], zone: tzinfo = UTC, clock: Clock | None = None
    ) -> "StateLoad":
        """`limits`: PACS name → the configured ones; windows in `zone`. Brings its tables up to date."""
        await migrate(state, "load", VERSIONS)
        now = clock or partial(datetime.now, UTC)
        return cls(state, {pacs: Standing(pacs, each, zone, now) for pacs, each in limits.items()})

    @asynccontextmanager
    async def slot(self, pacs: str, *, for_a_person: bool = False) -> AsyncIterator[Gate]:
        """See `Load.slot`."""
        standing, holder = self._standings[pacs], str(uuid4())
        try:
            number = await self._number(standing, holder, for_a_person=for_a_person)
        except BaseException:
            await asyncio.shield(self._give_back(standing, holder))
            raise
        gate = SlotGate(standing, number, for_a_person=for_a_person)
        try:
            async with self._watched(standing, holder, gate):
                yield gate
        finally:
            await asyncio.shield(self._give_back(standing, holder))

    async def _number(self, standing: Standing, holder: str, *, for_a_person: bool) -> int:
        """Of a slot, as soon as one is free."""
        while True:
            number = await self._book.take_slot(standing, holder, for_a_person=for_a_person)
            if number is not None:
                return number
            standing.held_back = standing.held_back or "all its associations are in use"
            await asyncio.sleep(ASK_AGAIN_SECONDS)

    @asynccontextmanager
    async def _watched(self, standing: Standing, holder: str, gate: SlotGate) -> AsyncIterator[None]:
        """The block, cancelled when its slot is lost; then raises why."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        cancelled_before = task.cancelling()

        def lose(guard: "asyncio.Task[Exception]") -> None:
            if not guard.cancelled():
                fault = guard.exception()
                gate.lost = fault if isinstance(fault, Exception) else guard.result()
                task.cancel()

        guard = asyncio.create_task(self._lost(standing, holder, gate))
        guard.add_done_callback(lose)
        try:
            yield
        except asyncio.CancelledError:
            if gate.lost and task.cancelling() == cancelled_before + 1:
                raise gate.lost from None
            raise
        finally:
            guard.remove_done_callback(lose)
            guard.cancel()
            if gate.lost:
                task.uncancel()

    async def _lost(self, standing: Standing, holder: str, gate: SlotGate) -> Exception:
        """Why the slot is lost, when it is; a store that is slow to renew the lease must not hold up a stop."""
        guards = [asyncio.create_task(self._ended(standing, gate)), asyncio.create_task(self._lapsed(standing, holder))]
        try:
            done, _ = await asyncio.wait(guards, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for guard in guards:
                guard.cancel()
            await asyncio.gather(*guards, return_exceptions=True)

    async def _ended(self, standing: Standing, gate: SlotGate) -> Exception:
        """Look until the PACS may not be asked any more; windows end while the store is away, too."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with suppress(PeerAway):
                await self._look(standing)
            if (error := gate.ended()) is not None:
                return error

    async def _lapsed(self, standing: Standing, holder: str) -> Exception:
        """Renew the lease until it is another's, and tell the others of trouble meanwhile."""
        clock = asyncio.get_running_loop()
        renewed = clock.time()
        while True:
            try:
                async with asyncio.timeout_at(renewed + LEASE.total_seconds()):
                    await asyncio.sleep(LOOK_SECONDS)
                    await self._ease(standing)
                    if (now := clock.time()) - renewed > LEASE.total_seconds() / 3:
                        if not await self._book.renew_slot(holder):
                            return PeerAway(f"the slot of {standing.pacs} went to another when its lease ran out")
                        renewed = now
            except TimeoutError:
                return PeerAway(f"the slot of {standing.pacs} ran out while the state store was away")
            except PeerAway:
                continue  # the lease outlives a short absence of the store

    async def _look(self, standing: Standing) -> None:
        """Read what holds, unless somebody in this process just has."""
        if time.monotonic() - standing.read_at > LOOK_SECONDS * 0.9:
            standing.take(await self._book.read(standing.pacs))

    async def _ease(self, standing: Standing) -> None:
        """Tell the others of trouble, or that it is over."""
        trouble, is_well = standing.meter.take_sign()
        if not trouble and not (is_well and standing.ease):
            return
        before, standing.ease = standing.ease, await self._book.ease(standing, trouble)
        if standing.ease != before:
            log.info("back-off", pacs=standing.pacs, associations=standing.allowed, reason=trouble or "it is well")

    async def _give_back(self, standing: Standing, holder: str) -> None:
        try:
            await self._book.give_slot_back(holder)
            await self._ease(standing)
        except PeerAway:
            log.warning("a slot is given back when its lease runs out")

    async def stop(self, pacs: str, requested_by: str) -> None:
        """See `Load.stop`."""
        await self._book.stop(pacs, requested_by)

    async def start(self, pacs: str) -> None:
        """See `Load.start`."""
        await self._book.start(pacs)

    async def limit(self, pacs: str, limits: LoadLimits | None, requested_by: str) -> None:
        """See `Load.limit`."""
        await self._book.limit(pacs, limits, requested_by)
        self._standings[pacs].take(await self._book.read(pacs))

    async def standing(self, pacs: str) -> Standing:
        """See `Load.standing`."""
        await self._look(self._standings[pacs])
        return self._standings[pacs]

    def associations(self, pacs: str) -> int:
        """See `Load.associations`."""
        return self._standings[pacs].allowed

    def all(self) -> Iterable[Standing]:
        """See `Load.all`."""
        return self._standings.values()

    async def study(self, pacs: str) -> float:
        """See `Load.study`."""
        standing = self._standings[pacs]
        per_hour = standing.limits.studies_per_hour
        if per_hour is None:
            return 0.0
        granted = await self._book.take_pace(standing, "studies", per_hour, 1)
        if not granted.count:
            standing.held_back = f"{per_hour} studies an hour are used up for now"
        return granted.wait

    def _refill_from_thread(self, standing: Standing, loop: asyncio.AbstractEventLoop) -> None:
        fetching = asyncio.run_coroutine_threadsafe(self._refill(standing), loop)
        with suppress(concurrent.futures.CancelledError, concurrent.futures.TimeoutError):
            fetching.result(REFILL_SECONDS)

    async def _refill(self, standing: Standing) -> None:
        if (per_hour := standing.limits.requests_per_hour) is not None:
            wanted = standing.portion.wanted(per_hour, standing.now)
            granted = await self._book.take_pace(standing, "requests", per_hour, wanted)
            standing.portion.add(granted, standing.now)
