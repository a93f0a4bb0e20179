"""An exporter on a bus, an archive with files in it, and somebody who listens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.sections import Archive, Deidentifying, Destination
from radquarry.configuration.uploads import UploadedFiles
from radquarry.exporter import __main__ as exporter
from radquarry.exporter.patience import Patience
from radquarry.exporter.settings import Settings
from radquarry.index.document import Document
from radquarry.messages import (
    Deidentification,
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    DeliveryWaits,
    FilesProgressed,
    Message,
    PseudonymsResolved,
    RetrievalCompleted,
    RetrievalProgressed,
    TellRetrieval,
)
from radquarry.service import Service, run
from radquarry.state.store import State, open_state
from tests.exporter.cleaning import SECRET
from tests.exporter.delivery.archived import Study

QUICK = Patience(
    lease=2, idle=0.05, look=0.3, say=0.05, again=(0.05, 0.1, 0.2), late=0.3, grows=3600, commitment=2, files=3600
)
SECONDS = 45
SETTLED = ("complete", "incomplete", "cancelled")


class Heard:
    """What an api would hear."""

    def __init__(self) -> None:
        self.progress: list[DeliveryProgressed] = []
        self.completed: list[DeliveryCompleted] = []
        self.files: list[FilesProgressed] = []
        self.resolved: list[PseudonymsResolved] = []
        self.waits: list[DeliveryWaits] = []
        self.asked: list[TellRetrieval] = []
        self._changed = asyncio.Condition()

    def service(self) -> Service:
        """The listener."""
        kinds = (DeliveryProgressed, DeliveryWaits, DeliveryCompleted, FilesProgressed, PseudonymsResolved)
        return Service(name="api", handlers=dict.fromkeys(kinds, self._hear))

    def mover(self) -> Service:
        """Hears what the mover is asked."""
        return Service(name="mover", handlers={TellRetrieval: self._hear})

    async def until(self, is_so: Callable[[], Any], what: str) -> Any:
        """Wait for what is heard to make it so."""
        try:
            async with asyncio.timeout(SECONDS), self._changed:
                await self._changed.wait_for(is_so)
                return is_so()
        except TimeoutError:
            last = [one.model_dump_json() for one in [*self.progress, *self.completed][-6:]]
            raise AssertionError(f"not heard: {what}; last: {last}") from None

    async def end(self, delivery_id: UUID, times: int = 1) -> DeliveryCompleted:
        """The end of a delivery, or its end again."""

        def ends() -> list[DeliveryCompleted]:
            return [one for one in self.completed if one.delivery_id == delivery_id]

        await self.until(lambda: len(ends()) >= times, f"end {times} of the delivery")
        return ends()[-1]

    def last(self, delivery_id: UUID, study: Study) -> DeliveryProgressed:
        """What was said last of a study, by revision, with all instances that were named of it."""
        mine = [one for one in self.progress if one.delivery_id == delivery_id and one.study_instance_uid == study.uid]
        newest = max(mine, key=lambda one: one.revision)
        told = {}
        for one in sorted(mine, key=lambda one: one.revision):
            told |= {instance.sop_instance_uid: instance for instance in one.instances}
        return newest.model_copy(update={"instances": tuple(told.values())})

    async def _hear(self, event: Message) -> None:
        async with self._changed:
            told: dict[type[Message], list[Any]] = {
                DeliveryProgressed: self.progress,
                DeliveryCompleted: self.completed,
                FilesProgressed: self.files,
                PseudonymsResolved: self.resolved,
                DeliveryWaits: self.waits,
                TellRetrieval: self.asked,
            }
            told[type(event)].append(event)
            self._changed.notify_all()


class Reports:
    """An index that knows some documents."""

    def __init__(self, *documents: Document) -> None:
        self._documents = {one.study_instance_uid: one for one in documents}

    async def get(self, study_instance_uid: str) -> Document | None:
        """See `Index`."""
        return self._documents.get(study_instance_uid)


class Desk:
    """Where orders come from."""

    def __init__(self, bus: Bus, state: State, folder: Path) -> None:
        self.bus = bus
        self.state = state
        self.folder = folder
        self.heard = Heard()
        self.retrieval_id = uuid4()

    async def say(self, *messages: Message) -> None:
        """Anything."""
        await self.bus.publish(*messages)

    async def order(self, destination: str = "out", **fields: Any) -> UUID:
        """Somebody wants what the retrieval brought there."""
        order = self.request(destination, **fields)
        await self.say(order)
        return order.delivery_id

    def request(self, destination: str = "out", **fields: Any) -> DeliveryRequested:
        """Such an order."""
        delivery_id = uuid4()
        return DeliveryRequested(
            delivery_id=delivery_id,
            trail=delivery_id,
            retrieval_id=self.retrieval_id,
            destination=destination,
            **fields,
        )

    async def retrieved(self, *studies: Study, revision: int = 1) -> None:
        """The retrieval has brought these studies, and ended."""
        await self.say(*[progressed(self.retrieval_id, study, revision=revision) for study in studies])
        await self.ended(sum(len(study.files) for study in studies))

    async def ended(self, expected: int, state: str = "complete") -> None:
        """It has ended."""
        await self.say(
            RetrievalCompleted(retrieval_id=self.retrieval_id, state=state, expected=expected, received=expected)
        )


def progressed(
    retrieval_id: UUID, study: Study, *missing: str, revision: int = 1, **fields: Any
) -> RetrievalProgressed:
    """A study has settled in its retrieval."""
    said = {
        "state": "incomplete" if missing else "complete",
        "expected": len(study.files) + len(missing),
        "received": len(study.files),
        "instances": study.states(*missing),
        **fields,
    }
    return RetrievalProgressed(
        retrieval_id=retrieval_id, study_instance_uid=study.uid, pacs="main", revision=revision, **said
    )


DEIDENTIFY = Deidentification(project="lungs")


@asynccontextmanager
async def desk(
    folder: Path,
    destinations: dict[str, Destination],
    *,
    state_url: str = "",
    exporters: int = 1,
    patience: Patience = QUICK,
    documents: Sequence[Document] = (),
    deidentification: Deidentifying | None = None,
    reserve_gb: float = 0,
    files: UploadedFiles | None = None,
) -> AsyncIterator[Desk]:
    """`exporters` share one state store and one folder."""
    if deidentification is None:
        (folder / "key").write_bytes(SECRET)
        deidentification = Deidentifying(key_file=folder / "key")
    settings = Settings(
        data_dir=folder,
        destinations=destinations,
        deidentification=deidentification,
        archive=Archive(reserve_gb=reserve_gb),
        files=files or UploadedFiles(),
    )
    async with (
        open_bus(f"sqlite:///{folder}/bus.db", Waits((0.05, 0.1, 0.2))) as bus,
        open_state(state_url or f"sqlite:///{folder}/state.db") as state,
    ):
        it = Desk(bus, state, folder)
        opening = [exporter.opened(settings, bus, state, Reports(*documents), patience) for _ in range(exporters)]  # type: ignore[arg-type]
        services = [it.heard.service(), it.heard.mover(), *[await one.__aenter__() for one in opening]]
        running = asyncio.create_task(run(bus, *services))
        try:
            yield it
        finally:
            if not running.done():
                running.cancel()
                await asyncio.wait({running})
            for one in opening:
                await one.__aexit__(None, None, None)
            if not running.cancelled():
                running.result()
