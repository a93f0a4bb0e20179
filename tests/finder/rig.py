"""A finder at work on a bus of its own, and what it said."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus, Parked
from radquarry.dicom.load_standing import Clock
from radquarry.dicom.peer import Peer
from radquarry.finder.__main__ import opened
from radquarry.finder.settings import Settings
from radquarry.messages import CrawlCompleted, CrawlRequested, Message, StudyFound, WindowClosed
from radquarry.messages.listeners import LISTENERS
from radquarry.service import Service, run
from radquarry.state.store import open_state

SOON = Waits((0.05, 0.1, 0.2, 0.5), attempts=60)
Said = TypeVar("Said", bound=Message)


class Rig:
    """`said` is everything the api hears of the finder, in order."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.said: list[Message] = []
        self.parked: list[Parked] = []
        self._news = asyncio.Condition()

    async def hear(self, message: Message) -> None:
        async with self._news:
            self.said.append(message)
            self._news.notify_all()

    async def keep(self, parked: Parked) -> None:
        async with self._news:
            self.parked.append(parked)
            self._news.notify_all()

    async def until(self, is_so: Callable[[], Any], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(is_so)

    def all(self, kind: type[Said], **fields: Any) -> list[Said]:
        return [
            each
            for each in self.said
            if isinstance(each, kind) and all(getattr(each, name) == value for name, value in fields.items())
        ]

    async def order(self, start: date, end: date | None = None, **fields: Any) -> UUID:
        crawl_id = fields.pop("crawl_id", None) or uuid4()
        request = {"pacs": "main", "start_date": start, "end_date": end or start, **fields}
        await self.bus.publish(CrawlRequested(trail=crawl_id, crawl_id=crawl_id, **request))
        return crawl_id

    async def crawl(self, start: date, end: date | None = None, **fields: Any) -> CrawlCompleted:
        """Order a crawl, and wait for its end and for all that was said before."""
        crawl_id = await self.order(start, end, **fields)
        await self.until(lambda: self._is_heard(crawl_id) or self.parked)
        assert not self.parked, self.parked
        return self.all(CrawlCompleted, crawl_id=crawl_id)[0]

    def _is_heard(self, crawl_id: UUID) -> bool:
        return any(
            len(self.all(WindowClosed, crawl_id=crawl_id)) >= end.windows_closed
            and len(set(self.uids)) >= end.studies_found
            for end in self.all(CrawlCompleted, crawl_id=crawl_id)
        )

    @property
    def uids(self) -> list[str]:
        return [found.study.study_instance_uid for found in self.all(StudyFound)]

    @property
    def gaps(self) -> list[str]:
        return [gap.reason for closed in self.all(WindowClosed) for gap in closed.gaps]


@asynccontextmanager
async def finder_at(folder: Path, peer: Peer, **pacs: Any) -> AsyncIterator[Rig]:
    """A finder for one PACS, `main`, with its books in `folder`."""
    async with finder_of(folder, {"main": section_of(peer, **pacs)}) as rig:
        yield rig


def section_of(peer: Peer, **pacs: Any) -> dict[str, Any]:
    """What `radquarry.yaml` says of this PACS."""
    return {"ae_title": peer.ae_title, "host": peer.host, "port": peer.port, "timeout_seconds": 5, **pacs}


@asynccontextmanager
async def finder_of(
    folder: Path, pacs: dict[str, dict[str, Any]], clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Rig]:
    """A finder for several PACSs, each with its section; `clock` is that of load and worklist."""
    read = Settings.model_validate({"data_dir": folder, "pacs": pacs, **settings})
    async with (
        open_bus(f"sqlite:///{folder}/bus.db", SOON) as bus,
        open_state(f"sqlite:///{folder}/state.db") as state,
        opened(read, bus, state, clock) as service,
    ):
        rig = Rig(bus)
        heard = [kind for kind, listeners in LISTENERS.items() if "api" in listeners]
        api = Service(name="api", handlers=dict.fromkeys(heard, rig.hear))
        await bus.subscribe_parked(rig.keep)
        running = asyncio.create_task(run(bus, api, service))
        try:
            yield rig
        finally:
            running.cancel()
            await asyncio.wait([running])
