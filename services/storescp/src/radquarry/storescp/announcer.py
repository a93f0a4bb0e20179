"""Says what has been stored, and removes a marker only when the bus holds the news."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from radquarry.bus.port import Publish
from radquarry.errors import Transient
from radquarry.messages import InstancesStored
from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.elements import NotDicom
from radquarry.storescp.quarantine import Quarantine

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """How announcements are gathered; times in seconds."""

    batch: int = 200
    gather: float = 0.3
    retry: float = 2.0
    look_again: float = 30.0
    """How often the folder of markers is read anew, and how old a marker is before it counts as forgotten."""
    remembered: int = 20_000
    """Announcements kept in memory; what comes beyond is found in the folder later."""


class Announcer:
    """Feeds on `add`, from any thread; `run` and `flush` belong to the event loop it was made in."""

    def __init__(self, archive: Archive, quarantine: Quarantine, publish: Publish, pace: Pace | None = None) -> None:
        self._archive = archive
        self._quarantine = quarantine
        self._publish = publish
        self._pace = pace or Pace()
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Kept] = deque()
        self._known: set[str] = set()
        self._full = asyncio.Event()

    def add(self, kept: Kept) -> None:
        """Announce this soon. Nothing is lost when the process ends before: the marker stays."""
        if len(self._waiting) >= self._pace.remembered:
            return
        self._known.add(kept.marker.name)
        self._waiting.append(kept)
        if len(self._waiting) == self._pace.batch:
            self._loop.call_soon_threadsafe(self._full.set)

    async def run(self) -> None:
        """Announce until cancelled; what an earlier process left unsaid at once: it may be asked for again."""
        await self._recover(older_than=0)
        looked = time.monotonic()
        while True:
            try:
                await self.flush()
            except Transient as error:
                log.warning("announcements wait", count=len(self._waiting), reason=str(error))
                await asyncio.sleep(self._pace.retry)
            if time.monotonic() - looked > self._pace.look_again:
                await self._recover(older_than=self._pace.look_again)
                looked = time.monotonic()
            await self._gather()

    async def flush(self) -> None:
        """Announce all that waits; raises `PeerAway` when the bus does not take it."""
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(len(self._waiting), self._pace.batch))]
            await asyncio.to_thread(self._archive.make_places_durable, batch)
            await self._publish(InstancesStored(instances=tuple(kept.instance for kept in batch)))
            await asyncio.to_thread(_remove, [kept.marker for kept in batch])
            for kept in batch:
                self._waiting.popleft()
                self._known.discard(kept.marker.name)

    async def _gather(self) -> None:
        self._full.clear()
        if len(self._waiting) < self._pace.batch:
            try:
                async with asyncio.timeout(self._pace.gather):
                    await self._full.wait()
            except TimeoutError:
                return

    async def _recover(self, older_than: float) -> None:
        found = await asyncio.to_thread(self._forgotten, older_than, self._known.__contains__)
        for kept in found:
            self.add(kept)
        if found:
            log.info("announced again what a process left unsaid", count=len(found))

    def _forgotten(self, older_than: float, is_known: Callable[[str], bool]) -> list[Kept]:
        forgotten: list[Kept] = []
        for marker in self._archive.unannounced.iterdir():
            if len(forgotten) >= self._pace.remembered:
                break
            try:
                age = time.time() - marker.stat().st_ctime
                if not is_known(marker.name) and age >= older_than:
                    forgotten.append(self._archive.recovered(marker))
            except FileNotFoundError:
                continue  # another process announced it meanwhile
            except OSError as error:
                log.error("a marker cannot be read", marker=marker.name, reason=type(error).__name__)
            except NotDicom as error:
                if age >= self._pace.look_again:  # a younger one may belong to a process on another machine
                    self._quarantine.take_marker(marker, str(error))
        return forgotten


def _remove(markers: list[Path]) -> None:
    for marker in markers:
        marker.unlink(missing_ok=True)
