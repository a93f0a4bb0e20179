"""A storescp on loopback, and whoever sends to it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from radquarry.configuration.sections import Archive, Node, Pacs
from radquarry.dicom.connection import tended
from radquarry.dicom.reactor import Reactor
from radquarry.errors import PeerAway
from radquarry.messages import InstancesStored, Message, StoredInstance
from radquarry.storescp import __main__ as storescp
from radquarry.storescp.settings import Settings
from tests.mover.retrieving import free_port
from tests.storescp.samples import CALLER

SECONDS = 20


class ListeningBus:
    """Takes what is published, or is away for the first so many times."""

    def __init__(self, away_for: int = 0) -> None:
        self.heard: list[InstancesStored] = []
        self._away_for = away_for
        self._changed = asyncio.Condition()

    async def publish(self, *messages: Message) -> None:
        if self._away_for:
            self._away_for -= 1
            raise PeerAway("the bus is away")
        async with self._changed:
            self.heard += [message for message in messages if isinstance(message, InstancesStored)]
            self._changed.notify_all()

    @property
    def stored(self) -> list[StoredInstance]:
        """Every instance announced, in order."""
        return [instance for message in self.heard for instance in message.instances]

    async def until(self, count: int) -> list[StoredInstance]:
        """The announced instances when there are so many."""
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.stored) >= count)
        return self.stored


def half_received(data_dir: Path) -> list[Path]:
    """Files of instances that have begun to come; the empty ones wait for theirs."""
    return [part for part in data_dir.glob("storescp/incoming/*/*.part") if part.stat().st_size]


@asynccontextmanager
async def listening(folder: Path, bus: Any, **changes: Any) -> AsyncIterator[int]:
    """Storescp as its process runs it; the port it listens on."""
    port = free_port()
    fields: dict[str, Any] = {
        "data_dir": folder,
        "node": Node(host="127.0.0.1", port=port, allowed_callers=(CALLER,)),
        "pacs": {"main": Pacs(ae_title="PACS", host="127.0.0.1", port=1)},
        "archive": Archive(reserve_gb=0),
    }
    async with storescp.opened(Settings(**{**fields, **changes}), bus) as service:
        loops = [asyncio.create_task(loop()) for loop in service.loops]
        try:
            yield port
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.wait(loops)


@contextmanager
def sender(port: int, *contexts: PresentationContext | tuple[str, str], calling: str = CALLER) -> Iterator[Association]:
    """An association that offers `contexts`, also as (SOP class, transfer syntax); it may have been refused."""
    entity = AE(ae_title=calling)
    entity.dimse_timeout = 3
    entity.requested_contexts = [
        build_context(*context) if isinstance(context, tuple) else context for context in contexts
    ]
    association = entity.associate("127.0.0.1", port, ae_title="RADQUARRY", evt_handlers=tended())
    if association.is_established:
        Reactor(association)  # else pynetdicom may lose an answer on a busy machine
    try:
        yield association
    finally:
        if association.is_established:
            association.release()
