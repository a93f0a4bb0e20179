"""Runs the indexer as a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, index_address
from radquarry.index.opening import open_index
from radquarry.index.port import Index
from radquarry.indexer.service import indexer
from radquarry.indexer.settings import Settings, load
from radquarry.process import start
from radquarry.service import Service, run


@asynccontextmanager
async def opened(_: Settings, bus: Bus, index: Index) -> AsyncIterator[Service]:
    """The indexer on an open bus and an open search store."""
    yield indexer(index, bus.publish)


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with (
        open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus,
        open_index(index_address(settings.data_dir, settings.index_url)) as index,
        opened(settings, bus, index) as service,
    ):
        await run(bus, service)


def main() -> None:
    """`python -m radquarry.indexer -c radquarry.yaml`."""
    start("indexer", load, serve)


if __name__ == "__main__":
    main()
