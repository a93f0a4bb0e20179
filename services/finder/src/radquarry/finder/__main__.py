"""`python -m radquarry.finder -c radquarry.yaml`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, state_address
from radquarry.dicom.load import StateLoad, configured
from radquarry.dicom.load_standing import Clock
from radquarry.dicom.peer import configured_peer
from radquarry.finder.following import following, worklist_of
from radquarry.finder.ledger import Ledger
from radquarry.finder.lines import Lines
from radquarry.finder.pacs import DicomPacs, Pacs
from radquarry.finder.probing import Access
from radquarry.finder.profiles import Profiles
from radquarry.finder.profiling import profiled, take_profiles
from radquarry.finder.service import finder
from radquarry.finder.settings import Settings, load
from radquarry.process import start
from radquarry.service import Service, run
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state

MIGRATIONS = Path(__file__).parent / "migrations"
AHEAD = 2
"""Windows in work beyond the associations of a PACS: one announces its studies while another asks."""
AT_LEAST = 8
"""Associations that are reckoned with, for each PACS: its administrator may allow more than the configuration."""


@asynccontextmanager
async def opened(settings: Settings, bus: Bus, state: State, clock: Clock | None = None) -> AsyncIterator[Service]:
    """The finder with its tables brought up to date and its PACS at hand; `clock` is that of load and worklist."""
    await migrate(state, "finder", MIGRATIONS)
    async with opened_archives(settings, state, clock) as (archives, load_of_pacs):
        associations = [max(AT_LEAST, pacs.load.associations) for pacs in settings.pacs.values()]
        at_once = sum(associations) + AHEAD * len(associations) or 1
        service = finder(archives, load_of_pacs, Ledger(state), bus.publish, at_once)
        worklist = worklist_of(settings, state, bus.publish, clock)
        profiles = Profiles(state)
        await take_profiles(archives, profiles)
        yield profiled(following(service, state, bus.publish, worklist), archives, profiles, bus.publish)


@asynccontextmanager
async def opened_archives(
    settings: Settings, state: State, clock: Clock | None = None
) -> AsyncIterator[tuple[dict[str, Pacs], StateLoad]]:
    """Every PACS by its name, within its budget of traffic; of the state store only the load's tables are used."""
    limits = {name: configured(pacs.load) for name, pacs in settings.pacs.items()}
    load_of_pacs = await StateLoad.open(state, limits, ZoneInfo(settings.timezone), clock)
    async with AsyncExitStack() as stack:
        archives: dict[str, Pacs] = {}
        for name, pacs in settings.pacs.items():
            peer = configured_peer(name, pacs, settings.node.ae_title)
            lines = await stack.enter_async_context(Lines(peer, load_of_pacs))
            limit = None if pacs.find_limit == "auto" else pacs.find_limit
            archives[name] = DicomPacs(Access(peer, lines, load_of_pacs, pacs.load.associations), pacs.charset, limit)
        yield archives, load_of_pacs


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with (
        open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus,
        open_state(state_address(settings.data_dir, settings.state_url)) as state,
        opened(settings, bus, state) as service,
    ):
        await run(bus, service)


def main() -> None:
    """Run the finder as a process of its own."""
    start("finder", load, serve)


if __name__ == "__main__":
    main()
