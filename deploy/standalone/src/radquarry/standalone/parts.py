"""Every part in one process, on embedded peers or whatever the configuration names."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from radquarry.api.__main__ import opened as open_api
from radquarry.api.settings import load as load_api
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, index_address, made, state_address
from radquarry.configuration.sections import Whole
from radquarry.exporter.__main__ import opened as open_exporter
from radquarry.exporter.settings import load as load_exporter
from radquarry.finder.__main__ import opened as open_finder
from radquarry.finder.settings import load as load_finder
from radquarry.index.opening import open_index
from radquarry.indexer.__main__ import opened as open_indexer
from radquarry.indexer.settings import load as load_indexer
from radquarry.mover.__main__ import opened as open_mover
from radquarry.mover.settings import load as load_mover
from radquarry.ris_fetcher.__main__ import opened as open_ris_fetcher
from radquarry.ris_fetcher.settings import load as load_ris_fetcher
from radquarry.service import Service, run
from radquarry.state.store import open_state
from radquarry.storescp.__main__ import opened as open_storescp
from radquarry.storescp.settings import load as load_storescp


@asynccontextmanager
async def opened(whole: Whole, file: Path | None) -> AsyncIterator[tuple[Bus, tuple[Service, ...]]]:
    """The bus and all services, each with its own view of the configuration; nothing runs yet."""
    folder = made(whole.data_dir)
    async with AsyncExitStack() as peers:
        bus = await peers.enter_async_context(open_bus(bus_address(folder, whole.bus_url)))
        state = await peers.enter_async_context(open_state(state_address(folder, whole.state_url)))
        index = await peers.enter_async_context(open_index(index_address(folder, whole.index_url)))
        services = (
            open_storescp(load_storescp(file), bus),
            open_indexer(load_indexer(file), bus, index),
            open_ris_fetcher(load_ris_fetcher(file), bus, state),
            open_mover(load_mover(file), bus, state),
            open_exporter(load_exporter(file), bus, state, index),
            open_finder(load_finder(file), bus, state),
            open_api(load_api(file), bus, state, index),
        )
        yield bus, tuple([await peers.enter_async_context(service) for service in services])


async def serve(whole: Whole, file: Path | None) -> None:
    """Run all parts until cancelled."""
    async with opened(whole, file) as (bus, services):
        await run(bus, *services)
