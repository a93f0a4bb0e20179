"""Runs the mover as a process of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, state_address
from radquarry.configuration.sections import Node
from radquarry.configuration.sections import Pacs as PacsSection
from radquarry.dicom.encryption import Tls
from radquarry.dicom.load import StateLoad, configured
from radquarry.dicom.load_standing import Clock
from radquarry.dicom.peer import Peer, configured_peer
from radquarry.mover.bell import Arrivals, Bell
from radquarry.mover.deliveries import Deliveries
from radquarry.mover.departures import Departures
from radquarry.mover.inventory import Inventory
from radquarry.mover.leases import Leases
from radquarry.mover.ledger import Ledger
from radquarry.mover.means import Means, Place
from radquarry.mover.order_windows import OrderWindows
from radquarry.mover.orders import Orders
from radquarry.mover.pacs import DicomPacs
from radquarry.mover.patience import Patience
from radquarry.mover.progress import Progress
from radquarry.mover.roads import Roads
from radquarry.mover.room import GIGABYTE, Room
from radquarry.mover.second_thoughts import SecondThoughts
from radquarry.mover.service import mover
from radquarry.mover.settings import Settings, load
from radquarry.mover.sizes import Experience
from radquarry.mover.wado import WadoService, open_wado
from radquarry.mover.ways import Ways
from radquarry.mover.workers import Workers
from radquarry.process import start
from radquarry.service import Service, run
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state

VERSIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def opened(
    settings: Settings, bus: Bus, state: State, patience: Patience | None = None, clock: Clock | None = None
) -> AsyncIterator[Service]:
    """The mover, its tables up to date; `clock` is that of the load and of orders' own windows."""
    await migrate(state, "mover", VERSIONS)
    zone = ZoneInfo(settings.timezone)
    limits = {name: configured(pacs.load) for name, pacs in settings.pacs.items()}
    windows = OrderWindows(state, clock or _now, zone)
    means = Means(
        orders=Orders(state, _now, settings.pacs),
        second_thoughts=SecondThoughts(state, _now),
        leases=Leases(state, _now, (patience or Patience()).lease, windows),
        ledger=Ledger(state),
        progress=Progress(bus.publish),
        load=await StateLoad.open(state, limits, zone, clock),
        bell=Bell(),
        arrivals=Arrivals(),
        patience=patience or Patience(),
        clock=_now,
        experience=Experience(state),
        inventory=Inventory(state, _now),
        deliveries=Deliveries(state),
        departures=Departures(state, _now, timedelta(days=settings.archive.keep_days)),
        delivered=Bell(),
        windows=windows,
        room=Room(settings.data_dir / "archive", settings.archive.reserve_gb * GIGABYTE),
        zone=zone,
    )
    async with AsyncExitStack() as stack:
        workers = {}
        for name, pacs in settings.pacs.items():
            wado = await stack.enter_async_context(open_wado(pacs))
            workers[name] = Workers(_place(name, pacs, settings.node, wado), means)
        yield mover(means, workers, bus.publish)


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with (
        open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus,
        open_state(state_address(settings.data_dir, settings.state_url)) as state,
        opened(settings, bus, state) as service,
    ):
        await run(bus, service)


def main() -> None:
    """`python -m radquarry.mover -c radquarry.yaml`."""
    start("mover", load, serve)


def _place(name: str, pacs: PacsSection, node: Node, wado: WadoService | None) -> Place:
    peer = configured_peer(name, pacs, node.ae_title)
    limit = None if pacs.find_limit == "auto" else pacs.find_limit
    roads = Roads(Ways.configured(name, pacs), _own(node), wado)
    return Place(name, DicomPacs(peer, limit, pacs.charset, roads), pacs.timeout_seconds, partial(_registration, node))


def _own(node: Node) -> Peer:
    """Our STORE-SCP, as we call it ourselves: in TLS we show and believe its own certificate, wherever it is called."""
    own = node.tls
    tls = Tls(own.certificate, own.certificate, own.key, verify_host=False) if own else None
    host = node.inner_host or ("127.0.0.1" if _is_any(node.host) else node.host)
    return Peer("node", node.ae_title, host, node.port, node.ae_title, tls=tls)


def _registration(node: Node, address: str) -> str:
    """What somebody must enter at the PACS, when we call it from `address`."""
    return f"{node.ae_title} at {address if _is_any(node.host) and address else node.host} port {node.port}"


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
