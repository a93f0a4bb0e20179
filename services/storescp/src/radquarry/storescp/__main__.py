"""Runs storescp as a process of its own."""

import asyncio
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
from radquarry.storescp.quarantine import Quarantine
from radquarry.storescp.receiver import Hall, Receiver
from radquarry.storescp.reception import open_reception
from radquarry.storescp.service import storescp
from radquarry.storescp.settings import Settings, load
from radquarry.storescp.threads import Threads
from radquarry.storescp.workers import Workers


@asynccontextmanager
async def opened(settings: Settings, bus: Bus) -> AsyncIterator[Service]:
    """Storescp, listening; at the end it drains: what is in work is kept, answered and announced."""
    archive = Archive(settings.data_dir, settings.reserve_bytes)
    try:
        quarantine = Quarantine(settings.data_dir, settings.archive.keep_days)
        announcer = Announcer(archive, quarantine, bus.publish)
        receiver = Receiver(settings.node, await asyncio.to_thread(_hall, settings, archive, announcer))
        try:
            receiver.start()
            yield storescp(announcer, archive, quarantine, bus.publish)
        finally:
            await receiver.stop()
            with suppress(Transient):  # the markers stay, and are announced at the next start
                await announcer.flush()
    finally:
        archive.close()


def _hall(settings: Settings, archive: Archive, announcer: Announcer) -> Hall:
    reception = open_reception(settings, archive, announcer.add)
    if settings.node.processes == 1:
        return Threads(reception)
    return Workers(settings, archive, reception.limits, announcer.add)


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus, opened(settings, bus) as service:
        await run(bus, service)


def main() -> None:
    """`python -m radquarry.storescp -c radquarry.yaml`."""
    start("storescp", load, serve)


if __name__ == "__main__":
    main()
