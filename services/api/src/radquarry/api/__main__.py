"""Runs the api as a process of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from radquarry.api.application import Guard, build
from radquarry.api.archives import Archives
from radquarry.api.coverage import Coverage
from radquarry.api.crawl_ledger import CrawlLedger
from radquarry.api.crawls import Crawls
from radquarry.api.deliveries import Deliveries
from radquarry.api.delivery_ledger import DeliveryLedger
from radquarry.api.departures import Departures
from radquarry.api.desk import Desk
from radquarry.api.destinations import Destinations
from radquarry.api.dicomweb.images import Images
from radquarry.api.exchange import Exchange, Limits
from radquarry.api.failure_effects import Effects
from radquarry.api.failures import Failures
from radquarry.api.file_job_ledger import FileJobLedger
from radquarry.api.file_jobs import FileJobs
from radquarry.api.live import Live
from radquarry.api.measures import Measures
from radquarry.api.orders import Orders
from radquarry.api.readiness import probes
from radquarry.api.reidentification_deadlines import Deadlines
from radquarry.api.reidentifications import Reidentifications
from radquarry.api.retrieval_decisions import RetrievalDecisions
from radquarry.api.retrieval_estimates import Estimates
from radquarry.api.retrieval_ledger import RetrievalLedger
from radquarry.api.retrievals import Retrievals
from radquarry.api.security.doors import is_loopback
from radquarry.api.security.gate import Gate
from radquarry.api.security.rights import Rights
from radquarry.api.security.users import Users
from radquarry.api.service import Notes, api
from radquarry.api.settings import Settings, load
from radquarry.api.storage import Storage
from radquarry.api.study_changes import StudyChanges
from radquarry.api.viewer_files import Viewer
from radquarry.api.web_server import WebServer, address_of, bound
from radquarry.batching import Batch
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, index_address, state_address
from radquarry.configuration.file import ConfigurationError
from radquarry.configuration.sections import Api
from radquarry.index.opening import open_index
from radquarry.index.port import Index
from radquarry.process import start
from radquarry.service import Service, run
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
GATHER_SECONDS = 0.05
GATHER_MOST = 1000


def _say_where(url: str) -> None:
    log.info("listening", url=url)


@asynccontextmanager
async def opened(
    settings: Settings,
    bus: Bus,
    state: State,
    index: Index,
    listening: Callable[[str], None] = _say_where,
) -> AsyncIterator[Service]:
    """The api with its port open; `listening` is told its URL. Raises `ConfigurationError`."""
    guard = guard_of(settings.api)
    await migrate(state, "api", MIGRATIONS)
    notes, desk = _desk(settings, bus, state, index)
    deadlines = Deadlines(state, exchange_of(settings), _now)
    await bus.subscribe_parked(desk.failures.keep)
    app = build(desk, Measures(bus, state), probes(bus, state, index), guard)
    with bound(settings.api.host, settings.api.port) as port:
        listening(address_of(port))
        server = WebServer(app, port, before_end=desk.live.close)
        try:
            yield api(notes, desk.live, server.run, desk.files.keep, deadlines.keep)
        finally:
            await desk.images.decoders.close()


def guard_of(settings: Api) -> Guard:
    """Who is let in; raises `ConfigurationError` when strangers could come in without a name."""
    if settings.authentication is not None:
        return Guard(Gate(Users(settings.authentication.users_file)), settings.allowed_hosts)
    if not is_loopback(settings.host):
        complaint = (
            f"api.host: {settings.host} is not a loopback address: configure api.authentication.users_file "
            "(lines made by `radquarry password NAME`), or use 127.0.0.1"
        )
        raise ConfigurationError([complaint])
    return Guard(None, settings.allowed_hosts)


def _desk(settings: Settings, bus: Bus, state: State, index: Index) -> tuple[Notes, Desk]:
    crawl_ledger, retrieval_ledger = CrawlLedger(state), RetrievalLedger(state)
    crawl_notes = Batch(crawl_ledger.write, most=GATHER_MOST, seconds=GATHER_SECONDS)
    retrieval_notes = Batch(retrieval_ledger.write, most=GATHER_MOST, seconds=GATHER_SECONDS)
    orders = Orders(state, bus.publish, _now)
    known = tuple(settings.pacs)
    crawls = Crawls(state, orders, crawl_ledger.write_one, known, settings.listing)
    rights = Rights.of(settings.api.authentication)
    destinations = Destinations(settings.destinations, settings.deidentification.profiles, rights)
    delivery_ledger, file_ledger = DeliveryLedger(state), FileJobLedger(state)
    delivery_notes = Batch(delivery_ledger.write, most=GATHER_MOST, seconds=GATHER_SECONDS)
    exchange = exchange_of(settings)
    deliveries = Deliveries(state, orders, delivery_ledger.write_one, destinations, exchange)
    retrievals = Retrievals(state, orders, retrieval_ledger.write_one, index, deliveries)
    files = FileJobs(state, orders, exchange, destinations, rights)
    reidentifications = Reidentifications(state, orders, deliveries.get, exchange, rights)
    live = Live(crawls.get, retrievals.get, deliveries.get, files.watched)
    zone = ZoneInfo(settings.timezone)
    archives, changes = Archives(state, orders, live, settings.pacs, zone), StudyChanges(state)
    change_notes = Batch(changes.write, most=GATHER_MOST, seconds=GATHER_SECONDS)
    blocked = file_ledger.block, reidentifications.block
    effects = Effects(crawl_notes.add, retrieval_notes.add, delivery_notes.add, *blocked)
    desk = Desk(
        index=index,
        crawls=crawls,
        coverage=Coverage(state, known, _now, zone),
        retrievals=retrievals,
        decisions=RetrievalDecisions(retrievals.get, orders),
        estimates=Estimates(orders, live, index),
        deliveries=deliveries,
        files=files,
        reidentifications=reidentifications,
        storage=Storage(orders, live),
        archives=archives,
        changes=changes,
        images=Images(settings.data_dir),
        viewer=Viewer(settings.api.viewer_dir or settings.data_dir / "viewer"),
        failures=Failures(state, effects, bus.replay, bus.depths),
        live=live,
        rights=rights,
        clock=_now,
        timezone=zone,
        settings=settings,
    )
    of_orders = crawl_notes, retrieval_notes, archives, change_notes, Departures(state)
    return Notes(*of_orders, delivery_notes, file_ledger, reidentifications.hear), desk


def exchange_of(settings: Settings) -> Exchange:
    """Where files at hand are exchanged with the exporter; as much of its disk stays free as of the archive's."""
    return Exchange(settings.data_dir / "exchange", Limits(reserve=int(settings.archive.reserve_gb * 10**9)))


def _now() -> datetime:
    return datetime.now(UTC)


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    folder = settings.data_dir
    async with (
        open_bus(bus_address(folder, settings.bus_url)) as bus,
        open_state(state_address(folder, settings.state_url)) as state,
        open_index(index_address(folder, settings.index_url)) as index,
        opened(settings, bus, state, index) as service,
    ):
        await run(bus, service)


def main() -> None:
    """`python -m radquarry.api -c radquarry.yaml`."""
    start("api", load, serve)


if __name__ == "__main__":
    main()
