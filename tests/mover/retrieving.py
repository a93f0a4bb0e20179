"""A hospital, storescp and one or several movers on one bus, and somebody who listens."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.sections import Archive, Node, NodeTls, Pacs
from radquarry.dicom.load_standing import Clock
from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from radquarry.messages import (
    Message,
    RetrievalCompleted,
    RetrievalEstimated,
    RetrievalProgressed,
    RetrievalRequested,
    WantedStudy,
)
from radquarry.mover import __main__ as mover
from radquarry.mover.patience import Patience
from radquarry.mover.settings import Settings as MoverSettings
from radquarry.service import Service, run
from radquarry.state.store import State, open_state
from radquarry.storescp import __main__ as storescp
from radquarry.storescp.settings import Settings as StorescpSettings

QUICK = Patience(
    lease=2,
    idle=0.05,
    poll=0.05,
    say=0.1,
    quiet=1,
    cancel=0.5,
    again=(0.05, 0.1, 0.2, 0.3),
    away=(0.05, 0.1, 0.2),
    nearline=(0.1, 0.2),
    delays=30,
    leave=0.1,
    remove=1,
)
SECONDS = 45
NO_RESERVE = Archive(reserve_gb=0)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def small_hospital(studies: int = 12, **faults: object) -> HospitalSettings:
    """Few studies with small images and no surprises but the given faults."""
    return HospitalSettings(
        studies=studies,
        end_date=date(2025, 5, 31),
        days=30,
        pixels=16,
        samples=False,
        faults=FaultSettings(pacs=PacsFaults.model_validate(faults)),
    )


class Heard:
    """What an api would hear about retrievals."""

    def __init__(self) -> None:
        self.progress: list[RetrievalProgressed] = []
        self.completed: dict[UUID, RetrievalCompleted] = {}
        self.estimates: dict[UUID | None, RetrievalEstimated] = {}
        self._changed = asyncio.Condition()

    def service(self) -> Service:
        """The listener."""
        return Service(
            name="api",
            handlers={
                RetrievalProgressed: self._progressed,
                RetrievalCompleted: self._completed,
                RetrievalEstimated: self._estimated,
            },
        )

    async def until(self, is_so: Callable[[], bool], what: str = "") -> None:
        """Wait for what is heard to make it so."""
        try:
            async with asyncio.timeout(SECONDS), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            last = {one.study_instance_uid: one for one in self.progress}
            raise AssertionError(
                f"not heard: {what}; last: {[one.model_dump_json() for one in last.values()]}"
            ) from None

    async def end(self, retrieval_id: UUID) -> RetrievalCompleted:
        """The end of a retrieval."""
        await self.until(lambda: retrieval_id in self.completed, "the end of the retrieval")
        return self.completed[retrieval_id]

    def of(self, study: str, retrieval_id: UUID | None = None) -> list[RetrievalProgressed]:
        """What was said of a study, by revision."""
        mine = [
            one for one in self.progress if one.study_instance_uid == study and retrieval_id in (None, one.retrieval_id)
        ]
        return sorted(mine, key=lambda one: one.revision)

    async def _progressed(self, event: RetrievalProgressed) -> None:
        async with self._changed:
            self.progress.append(event)
            self._changed.notify_all()

    async def _completed(self, event: RetrievalCompleted) -> None:
        async with self._changed:
            self.completed[event.retrieval_id] = event
            self._changed.notify_all()

    async def _estimated(self, event: RetrievalEstimated) -> None:
        async with self._changed:
            self.estimates[event.cause] = event
            self._changed.notify_all()


class Ward:
    """All of it, running."""

    def __init__(self, hospital: Hospital, bus: Bus, state: State, folder: Path, port: int) -> None:
        self.hospital = hospital
        self.bus = bus
        self.state = state
        self.folder = folder
        self.port = port
        self.heard = Heard()
        self.tls: NodeTls | None = None
        self.pacs = Pacs(
            ae_title=hospital.pacs.ae_title, host=hospital.pacs.host, port=hospital.pacs.port, timeout_seconds=10
        )

    @property
    def uids(self) -> list[str]:
        """The studies of the hospital."""
        truth = self.hospital.truth
        return [study.study_instance_uid for study in truth.studies(truth.start_date, truth.end_date)]

    def instances(self, *studies: str) -> set[str]:
        """What the studies really consist of."""
        return {uid for study in studies for uid in self.hospital.truth.sop_instance_uids(study)}

    def files(self) -> list[str]:
        """The names of the files in the archive."""
        return sorted(file.stem for file in self.folder.glob("archive/*/*/*.dcm"))

    async def order(self, *studies: str, **fields: object) -> UUID:
        """Somebody wants these studies from the one PACS."""
        return await self.order_of(*(WantedStudy(study_instance_uid=study, pacs="main") for study in studies), **fields)

    async def order_of(self, *wanted: WantedStudy, **fields: object) -> UUID:
        """Somebody wants these studies."""
        retrieval_id = uuid4()
        order = RetrievalRequested(retrieval_id=retrieval_id, trail=retrieval_id, studies=wanted, **fields)
        await self.bus.publish(order)
        return retrieval_id

    async def tell(self, *messages: Message) -> None:
        """Anything else."""
        await self.bus.publish(*messages)

    def mover_settings(self, archive: Archive, **changes: object) -> MoverSettings:
        """What a mover of this ward reads."""
        pacs = {"main": self.pacs.model_copy(update=changes)}
        node = Node(host="127.0.0.1", port=self.port, tls=self.tls)
        return MoverSettings(data_dir=self.folder, node=node, pacs=pacs, archive=archive)

    def storescp_settings(self, *callers: str) -> StorescpSettings:
        """What its storescp reads."""
        return StorescpSettings(
            data_dir=self.folder,
            node=Node(host="127.0.0.1", port=self.port, allowed_callers=callers, tls=self.tls),
            pacs={"main": self.pacs},
            archive=Archive(reserve_gb=0),
        )


@asynccontextmanager
async def ward(
    settings: HospitalSettings,
    folder: Path,
    *,
    state_url: str = "",
    movers: int = 1,
    patience: Patience = QUICK,
    known: bool = True,
    clock: Clock | None = None,
    archive: Archive = NO_RESERVE,
    callers: tuple[str, ...] = (),
    tls: NodeTls | None = None,
    **pacs: object,
) -> AsyncIterator[Ward]:
    """`movers` share one state store; `known`: whether the PACS knows our node; `pacs`: changes of its section.

    `clock` is that of the load, `archive` what the mover takes for the disk's reserve; `callers` may store beside
    the PACS, which `tls` is asked of.
    """
    port = free_port()
    async with AsyncExitStack() as stack:
        hospital = stack.enter_context(Hospital(settings))
        if known:
            hospital.pacs.know("RADQUARRY", "127.0.0.1", port)
        bus = await stack.enter_async_context(open_bus(f"sqlite:///{folder}/bus.db", Waits((0.05, 0.1, 0.2))))
        state = await stack.enter_async_context(open_state(state_url or f"sqlite:///{folder}/state.db"))
        it = Ward(hospital, bus, state, folder, port)
        it.tls = tls
        services = [it.heard.service()]
        services.append(await stack.enter_async_context(storescp.opened(it.storescp_settings(*callers), bus)))
        for _ in range(movers):
            opening = mover.opened(it.mover_settings(archive, **pacs), bus, state, patience, clock)
            services.append(await stack.enter_async_context(opening))
        running = asyncio.create_task(run(bus, *services))
        try:
            yield it
        finally:
            if not running.done():
                running.cancel()
                await asyncio.wait({running})
            if not running.cancelled():
                running.result()
