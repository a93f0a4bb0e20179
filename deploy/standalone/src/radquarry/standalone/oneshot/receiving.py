"""The mover and storescp for the length of one command, on a bus and a state store that nobody else knows.

The only place of this package that knows these two services: by what opens them, and by their messages.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.sections import Archive, Load, Node, Pacs
from radquarry.dicom.load import StateLoad, configured
from radquarry.dicom.load_standing import Clock
from radquarry.messages import InstancesStored, RetrievalProgressed, RetrievalRequested, StoredInstance, WantedStudy
from radquarry.mover.__main__ import opened as open_mover
from radquarry.mover.patience import Patience
from radquarry.mover.settings import Settings as MoverSettings
from radquarry.service import Service, run
from radquarry.standalone.oneshot.sorting import Instance
from radquarry.state.store import open_state
from radquarry.storescp.__main__ import opened as open_storescp
from radquarry.storescp.settings import Settings as StorescpSettings

SOME = 500
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
LOST_SECONDS = 120.0
"""Instances that a PACS says it has and does not send are asked for again within this; what is near-line for longer."""

Hear = Callable[[RetrievalProgressed], Awaitable[None]]


@dataclass(frozen=True)
class Site:
    """Who we are, which PACS sends, and how long it is asked again for what does not come.

    Without `has_title` the PACS's own AE title is not known: whoever sends from its host is let in. `clock` is that of
    the windows.
    """

    name: str
    pacs: Pacs
    node: Node
    timezone: str = "UTC"
    wait_seconds: float = 1800
    reserve_gb: float = Archive().reserve_gb
    has_title: bool = True
    clock: Clock | None = None


class Fetcher:
    """Images of studies, fetched until `run` is cancelled."""

    def __init__(self, site: Site, bus: Bus, services: tuple[Service, ...], load: StateLoad) -> None:
        self._site = site
        self._bus = bus
        self._services = services
        self._load = load

    async def know(self, instances: Sequence[Instance]) -> None:
        """These are here already; to be told before they are ordered."""
        for start in range(0, len(instances), SOME):
            event = InstancesStored(instances=tuple(map(_stored, instances[start : start + SOME])))
            for service in self._services:
                if InstancesStored in service.handlers:
                    await service.handlers[InstancesStored](event)

    async def order(self, studies: Sequence[str], only: Mapping[str, Iterable[str]]) -> None:
        """Have them fetched; of those in `only` these instances."""
        wanted = [
            WantedStudy(study_instance_uid=study, pacs=self._site.name, sop_instance_uids=tuple(only.get(study, ())))
            for study in studies
        ]
        for start in range(0, len(wanted), SOME):
            await self._bus.publish(
                RetrievalRequested(retrieval_id=uuid4(), studies=tuple(wanted[start : start + SOME]))
            )

    async def run(self) -> None:
        """Receive and fetch."""
        await run(self._bus, *self._services)

    async def hold(self, reason: str) -> None:
        """End what is under way and begin nothing, within two seconds."""
        await self._load.stop(self._site.name, reason)

    async def go_on(self) -> None:
        """Begin again."""
        await self._load.start(self._site.name)


@asynccontextmanager
async def opened_fetcher(site: Site, folder: Path, hear: Hear) -> AsyncIterator[Fetcher]:
    """Listening, with everything it needs in `folder`; `hear` is told where studies stand.

    Raises OSError when the port is taken.
    """
    pacs = {site.name: site.pacs}
    callers = () if site.has_title else (f"*@{site.pacs.host}",)
    node = site.node.model_copy(update={"allowed_callers": callers})
    receiving = StorescpSettings(data_dir=folder, node=node, pacs=pacs, archive=Archive(reserve_gb=site.reserve_gb))
    moving = MoverSettings(data_dir=folder, timezone=site.timezone, node=site.node, pacs=pacs)
    async with (
        open_bus(f"sqlite:///{folder.resolve()}/bus.db") as bus,
        open_state(f"sqlite:///{folder.resolve()}/state.db") as state,
        open_storescp(receiving, bus) as storescp,
        open_mover(moving, bus, state, patience(site.wait_seconds), site.clock) as mover,
    ):
        load = await StateLoad.open(state, {site.name: configured(site.pacs.load)}, ZoneInfo(site.timezone), site.clock)
        listener = Service(name="move", handlers={RetrievalProgressed: hear})
        yield Fetcher(site, bus, (storescp, mover, listener), load)


def patience(seconds: float) -> Patience:
    """As long as a person who looks on has it: `seconds` for what is near-line or away."""
    waits = _growing(seconds)
    return Patience(quiet=3, again=_growing(min(seconds, LOST_SECONDS)), away=waits, nearline=waits, delays=len(waits))


def without_limits(pacs: Pacs, associations: int) -> Pacs:
    """The PACS, its load limited by somebody else."""
    return pacs.model_copy(update={"load": Load(associations=associations)})


def _growing(seconds: float) -> tuple[float, ...]:
    """Waits that double, and are about so long together."""
    waits = [min(FIRST_WAIT, max(seconds, 0.1))]
    while sum(waits) + (following := min(waits[-1] * 2, LONGEST_WAIT)) <= seconds:
        waits.append(following)
    return tuple(waits)


def _stored(instance: Instance) -> StoredInstance:
    return StoredInstance(
        study_instance_uid=instance.study_instance_uid,
        series_instance_uid=instance.series_instance_uid,
        sop_instance_uid=instance.sop_instance_uid,
        bytes=instance.path.stat().st_size,
        sha256="",
        stored_at=datetime.now(UTC),
    )
