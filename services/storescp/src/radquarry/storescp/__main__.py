"""Runs storescp as a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address
from radquarry.errors import Transient
from radquarry.process import start
from radquarry.service import Service, run
from radquarry.storescp.announcer import Announcer
from radquarry.storescp.archive import Archive
from radquarry.storescp.receiver import Receiver
from radquarry.storescp.service import storescp
from radquarry.storescp.settings import Settings, load

GIGABYTE = 1000**3


@asynccontextmanager
async def opened(settings: Settings, bus: Bus) -> AsyncIterator[Service]:
    """Storescp, listening; at the end it drains: what is in work is kept, answered and announced."""
    archive = Archive(settings.data_dir, settings.archive.reserve_gb * GIGABYTE)
    try:
        announcer = Announcer(archive, bus.publish)
        receiver = Receiver(archive, settings.node, settings.callers, announcer.add)
        receiver.start()
        try:
            yield storescp(announcer)
        finally:
            await receiver.stop()
            with suppress(Transient):  # the markers stay, and are announced at the next start
                await announcer.flush()
    finally:
        archive.close()


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus, opened(settings, bus) as service:
        await run(bus, service)


def main() -> None:
    """`python -m radquarry.storescp -c radquarry.yaml`."""
    start("storescp", load, serve)


if __name__ == "__main__":
    main()
