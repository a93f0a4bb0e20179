"""Runs the exporter as a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, index_address, state_address
from radquarry.exporter.bell import Bell
from radquarry.exporter.delivery.account import Account
from radquarry.exporter.delivery.archive import Archive
from radquarry.exporter.delivery.attempts import Attempts
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.gathering import Gathering
from radquarry.exporter.delivery.hearing import Hearing
from radquarry.exporter.delivery.leases import Leases
from radquarry.exporter.delivery.ledger import Ledger
from radquarry.exporter.delivery.means import Means, now
from radquarry.exporter.delivery.names_known import NamesKnown
from radquarry.exporter.delivery.orders import Orders
from radquarry.exporter.delivery.papers import Papers
from radquarry.exporter.delivery.progress import Progress
from radquarry.exporter.delivery.resolving import Resolving
from radquarry.exporter.delivery.room import GIGABYTE, Room
from radquarry.exporter.delivery.staging import Staging
from radquarry.exporter.delivery.unheard import Unheard
from radquarry.exporter.files.exchange import Exchange
from radquarry.exporter.files.jobs import Jobs
from radquarry.exporter.files.means import FilesMeans
from radquarry.exporter.patience import Patience
from radquarry.exporter.service import exporter
from radquarry.exporter.settings import Settings, load
from radquarry.exporter.ways.choosing import opened_ways
from radquarry.index.opening import open_index
from radquarry.index.port import Index
from radquarry.process import start
from radquarry.service import Service, run
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state

VERSIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def opened(
    settings: Settings, bus: Bus, state: State, index: Index, patience: Patience | None = None
) -> AsyncIterator[Service]:
    """The exporter, its tables up to date."""
    await migrate(state, "exporter", VERSIONS)
    patience, bell = patience or Patience(), Bell()
    own, exchange, archive = (settings.data_dir / name for name in ("exporter", "exchange", "archive"))
    room = Room(own / "staging", settings.archive.reserve_gb * GIGABYTE)
    engine = Engine(settings.deidentification, settings.data_dir)
    names = NamesKnown(state, own / "mappings")
    account = Account(state)
    with opened_ways(settings.destinations, settings.node.ae_title, patience.commitment) as ways:
        means = Means(
            orders=Orders(state, now, patience.late),
            unheard=Unheard(state, now, patience),
            leases=Leases(state, now, patience),
            ledger=Ledger(state, now),
            attempts=Attempts(state, now, patience),
            account=account,
            names=names,
            staging=Staging(own / "staging", Archive(archive), engine, room),
            papers=Papers(
                account, engine, names, index, exchange / "deliveries", own / "papers", settings.data_dir / "archive"
            ),
            engine=engine,
            progress=Progress(bus.publish),
            publish=bus.publish,
            resolving=Resolving(state, exchange / "reidentifications"),
            ways=ways,
            destinations=settings.destinations,
            bell=bell,
            patience=patience,
        )
        files = FilesMeans(
            jobs=Jobs(state, now, patience),
            exchange=Exchange(exchange),
            engine=engine,
            room=room,
            limits=settings.files,
            staging=own / "staging",
            mappings=own / "mappings",
            publish=bus.publish,
            bell=bell,
            patience=patience,
        )
        try:
            yield exporter(means, Hearing(state, now), Gathering(state, now, patience), files)
        finally:
            await engine.close()


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with (
        open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus,
        open_state(state_address(settings.data_dir, settings.state_url)) as state,
        open_index(index_address(settings.data_dir, settings.index_url), read_only=True) as index,
        opened(settings, bus, state, index) as service,
    ):
        await run(bus, service)


def main() -> None:
    """`python -m radquarry.exporter -c radquarry.yaml`."""
    start("exporter", load, serve)


if __name__ == "__main__":
    main()
