"""Runs the ris-fetcher as a process of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, state_address
from radquarry.process import start
from radquarry.ris_fetcher.fhir import FhirRis
from radquarry.ris_fetcher.listings import Listings
from radquarry.ris_fetcher.missing import AskAgain, Missing
from radquarry.ris_fetcher.ris import Lists, Ris, Sources
from radquarry.ris_fetcher.service import ris_fetcher
from radquarry.ris_fetcher.settings import Settings, load
from radquarry.ris_fetcher.sql import SqlRis
from radquarry.service import Service, run
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state

VERSIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def opened(settings: Settings, bus: Bus, state: State) -> AsyncIterator[Service]:
    """The ris-fetcher with a client for each RIS."""
    await migrate(state, "ris-fetcher", VERSIONS)
    zone = ZoneInfo(settings.timezone)
    sources: list[Ris] = []
    lists: dict[str, Lists] = {}
    async with AsyncExitStack() as clients:
        for name, section in settings.ris.items():
            if section.kind == "sql":
                lists[name] = await clients.enter_async_context(SqlRis.open(name, section, zone))
                sources.append(lists[name])
            else:
                sources.append(await clients.enter_async_context(FhirRis.open(name, section)))
        parallel = 2 * sum(section.parallel for section in settings.ris.values())
        missing, listings = Missing(state, AskAgain()), Listings(state)
        yield ris_fetcher(Sources(sources, lists), missing, listings, bus.publish, max(parallel, 16))


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with (
        open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus,
        open_state(state_address(settings.data_dir, settings.state_url)) as state,
        opened(settings, bus, state) as service,
    ):
        await run(bus, service)


def main() -> None:
    """`python -m radquarry.ris_fetcher -c radquarry.yaml`."""
    start("ris_fetcher", load, serve)


if __name__ == "__main__":
    main()
