"""A simulated hospital, and finder, mover and storescp that share one budget for it, by a clock that tests turn."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from radquarry.bus.opening import open_bus
from radquarry.configuration.sections import Archive, Node
from radquarry.finder import __main__ as finder
from radquarry.finder.settings import Settings as FinderSettings
from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from radquarry.hospital.traffic import Entry
from radquarry.messages import RetrievalRequested, WantedStudy
from radquarry.messages.listeners import LISTENERS
from radquarry.mover import __main__ as mover
from radquarry.mover.settings import Settings as MoverSettings
from radquarry.service import Service, run
from radquarry.state.store import open_state
from radquarry.storescp import __main__ as storescp
from radquarry.storescp.settings import Settings as StorescpSettings
from tests.finder.rig import SOON, Rig
from tests.mover.retrieving import QUICK, free_port

LAST_DAY = date(2025, 5, 31)
REQUESTS = ("c-find", "c-move", "c-get", "c-echo")
TRAFFIC = (*REQUESTS, "association", "refused", "c-store")


class TurnedClock:
    """Runs with the real one, from wherever a test has turned it to."""

    def __init__(self, begin: datetime) -> None:
        self._turns = [(time.time(), begin)]

    def __call__(self) -> datetime:
        return self.at(time.time())

    def turn_to(self, moment: datetime) -> None:
        """It is that moment now."""
        self._turns.append((time.time(), moment))

    def turn(self, by: timedelta) -> None:
        """It is so much later now."""
        self.turn_to(self() + by)

    def at(self, epoch: float) -> datetime:
        """What it showed at a moment of the real clock."""
        place = max(bisect_right([begun for begun, _ in self._turns], epoch) - 1, 0)
        begun, moment = self._turns[place]
        return (moment + timedelta(seconds=epoch - begun)).astimezone(UTC)


def busy_hospital(studies: int = 300, days: int = 300, **faults: object) -> HospitalSettings:
    """About a study a day, with small images."""
    pacs = PacsFaults.model_validate(faults)
    return HospitalSettings(
        studies=studies, end_date=LAST_DAY, days=days, pixels=16, samples=False, faults=FaultSettings(pacs=pacs)
    )


@dataclass
class SharedLoad:
    """`rig` hears both services; `hospital` sees what reaches the PACS."""

    hospital: Hospital
    rig: Rig

    async def crawl(self, days: int, last: date = LAST_DAY) -> UUID:
        """Order a crawl of so many days."""
        return await self.rig.order(last - timedelta(days=days - 1), last)

    async def retrieve(self, count: int, skip: int = 0) -> UUID:
        """Order so many studies."""
        truth = list(self.hospital.truth.studies(self.hospital.truth.start_date, LAST_DAY))
        wanted = tuple(
            WantedStudy(study_instance_uid=each.study_instance_uid, pacs="main") for each in truth[skip : skip + count]
        )
        retrieval_id = uuid4()
        await self.rig.bus.publish(RetrievalRequested(retrieval_id=retrieval_id, trail=retrieval_id, studies=wanted))
        return retrieval_id

    async def sees(self, is_so: Callable[[], Any], seconds: float = 40) -> None:
        """Wait until the hospital sees it."""
        await asyncio.to_thread(self.hospital.traffic.wait_for, lambda _: is_so(), seconds)

    def seen(self, *kinds: str, since: float = 0) -> list[Entry]:
        """What began at the PACS."""
        return [entry for entry in self.hospital.traffic.entries(since=since) if entry.kind in kinds]

    def open_associations(self) -> int:
        """How many there are now."""
        return sum(entry.ended is None for entry in self.seen("association"))

    def most_open(self, seconds: float) -> int:
        """How many there were at once at most, in the last so many seconds."""
        since = time.time() - seconds
        lasting = [entry for entry in self.seen("association") if entry.ended is None or entry.ended > since]
        begins = [max(entry.at, since) for entry in lasting]
        ends = [entry.ended or float("inf") for entry in lasting]
        return max((sum(b <= at < e for b, e in zip(begins, ends, strict=True)) for at in begins), default=0)


@asynccontextmanager
async def sharing(
    hospital: Hospital, folder: Path, clock: Callable[[], datetime] | None = None, port: int = 0, **pacs: Any
) -> AsyncIterator[SharedLoad]:
    """Finder, mover and storescp at work for `main`, whose section is `pacs`; books and archive are in `folder`."""
    node = Node(host="127.0.0.1", port=port or free_port())
    hospital.pacs.know("RADQUARRY", node.host, node.port)
    address = {"ae_title": hospital.pacs.ae_title, "host": hospital.pacs.host, "port": hospital.pacs.port}
    section = {**address, "timeout_seconds": 10, "find_limit": 1000, **pacs}
    known = {"data_dir": folder, "node": node, "pacs": {"main": section}}
    zone = {"timezone": "Europe/Zurich"}
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_bus(f"sqlite:///{folder}/bus.db", SOON))
        state = await stack.enter_async_context(open_state(f"sqlite:///{folder}/state.db"))
        rig = Rig(bus)
        heard = [kind for kind, listeners in LISTENERS.items() if "api" in listeners]
        finding = finder.opened(FinderSettings.model_validate({**known, **zone}), bus, state, clock)
        moving = mover.opened(
            MoverSettings.model_validate({**known, **zone}), bus, state, replace(QUICK, idle=0.3), clock
        )
        receiving = StorescpSettings.model_validate({**known, "archive": Archive(reserve_gb=0)})
        services = [
            Service(name="api", handlers=dict.fromkeys(heard, rig.hear)),
            await stack.enter_async_context(storescp.opened(receiving, bus)),
            await stack.enter_async_context(finding),
            await stack.enter_async_context(moving),
        ]
        await bus.subscribe_parked(rig.keep)
        running = asyncio.create_task(run(bus, *services))
        try:
            yield SharedLoad(hospital, rig)
        finally:
            running.cancel()
            await asyncio.wait([running])
