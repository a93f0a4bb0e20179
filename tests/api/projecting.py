"""The api's projections on a real store, fed by its own handlers, without a web server."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from radquarry.api.__main__ import MIGRATIONS
from radquarry.api.archives import Archives
from radquarry.api.coverage import Coverage
from radquarry.api.crawl_ledger import CrawlLedger
from radquarry.api.crawls import Crawls
from radquarry.api.deliveries import Deliveries
from radquarry.api.delivery_ledger import DeliveryLedger
from radquarry.api.departures import Departures
from radquarry.api.destinations import Destinations
from radquarry.api.exchange import Exchange, Limits
from radquarry.api.failure_effects import Effects
from radquarry.api.failures import Failures
from radquarry.api.file_job_ledger import FileJobLedger
from radquarry.api.file_jobs import FileJobs
from radquarry.api.live import Live
from radquarry.api.orders import Orders
from radquarry.api.reidentifications import Reidentifications
from radquarry.api.retrieval_ledger import RetrievalLedger
from radquarry.api.retrievals import Retrievals
from radquarry.api.security.rights import Rights
from radquarry.api.service import Notes, api
from radquarry.api.study_changes import StudyChanges
from radquarry.api.tables import metadata
from radquarry.batching import Batch
from radquarry.bus.port import Parked
from radquarry.configuration.sections import Destination, Pacs
from radquarry.errors import PeerAway
from radquarry.index.document import Document, Page, Part, Query
from radquarry.messages import Message
from radquarry.service import Service
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state
from tests.contracts.states import empty_state_url

PACS = {"main": Pacs(ae_title="PACS", host="127.0.0.1", port=104)}

DESTINATIONS = {"research": Destination(kind="directory", path=Path("out"))}


class Said:
    """A bus that keeps what is published and replayed, unless it `is_away`."""

    def __init__(self) -> None:
        self.is_away = False
        self.published: list[Message] = []
        self.replayed: list[Parked] = []

    async def publish(self, *messages: Message) -> None:
        if self.is_away:
            raise PeerAway("the bus does not answer")
        self.published += messages

    async def depths(self) -> Mapping[str, int]:
        return {}

    async def replay(self, parked: Parked) -> None:
        self.replayed.append(parked)


class NoIndex:
    """An index that knows nothing."""

    async def merge(self, parts: Iterable[Part]) -> None:
        raise AssertionError

    async def search(self, query: Query) -> Page:
        return Page(total=0)

    async def get(self, study_instance_uid: str) -> Document | None:
        return None

    async def timeline(self, patient_id: str, pacs: str) -> list[Document]:
        return []

    async def scan(self, query: Query) -> AsyncIterator[Document]:
        nothing: list[Document] = []
        for document in nothing:
            yield document

    async def count(self) -> int:
        return 0


@dataclass(frozen=True)
class Projections:
    """What is shown, and the service that learns it."""

    crawls: Crawls
    coverage: Coverage
    retrievals: Retrievals
    deliveries: Deliveries
    files: FileJobs
    archives: Archives
    changes: StudyChanges
    failures: Failures
    service: Service
    said: Said

    async def hear(self, *messages: Message) -> None:
        """Handle messages one by one, as they come from the bus."""
        for message in messages:
            await self.service.handlers[type(message)](message)


def projections(state: State, folder: Path = Path("exchange"), kind: type[Exchange] = Exchange) -> Projections:
    """Over a store whose tables are there; `folder` is for files at hand."""
    said = Said()
    crawl_ledger, retrieval_ledger = CrawlLedger(state), RetrievalLedger(state)
    crawl_notes: Batch[Any] = Batch(crawl_ledger.write, seconds=0)
    retrieval_notes: Batch[Any] = Batch(retrieval_ledger.write, seconds=0)
    orders = Orders(state, said.publish, lambda: datetime.now(UTC))
    crawls = Crawls(state, orders, crawl_ledger.write_one, tuple(PACS))
    destinations = Destinations(DESTINATIONS, (), Rights())
    delivery_ledger, file_ledger = DeliveryLedger(state), FileJobLedger(state)
    delivery_notes: Batch[Any] = Batch(delivery_ledger.write, seconds=0)
    exchange = kind(folder, Limits())
    deliveries = Deliveries(state, orders, delivery_ledger.write_one, destinations, exchange)
    retrievals = Retrievals(state, orders, retrieval_ledger.write_one, NoIndex(), deliveries)
    files = FileJobs(state, orders, exchange, destinations, Rights())
    who = Reidentifications(state, orders, deliveries.get, exchange, Rights())
    live = Live(crawls.get, retrievals.get, deliveries.get, files.watched)
    zone = ZoneInfo("Europe/Zurich")
    archives, changes = Archives(state, orders, live, PACS, zone), StudyChanges(state)
    change_notes = Batch(changes.write, seconds=0)
    notes = Notes(
        crawl_notes, retrieval_notes, archives, change_notes, Departures(state), delivery_notes, file_ledger, who.hear
    )
    return Projections(
        crawls=crawls,
        coverage=Coverage(state, tuple(PACS), orders.clock, zone),
        retrievals=retrievals,
        deliveries=deliveries,
        files=files,
        archives=archives,
        changes=changes,
        failures=Failures(
            state,
            Effects(crawl_notes.add, retrieval_notes.add, delivery_notes.add, file_ledger.block, who.block),
            said.replay,
            said.depths,
        ),
        service=api(notes, live),
        said=said,
    )


@contextmanager
def a_store_url(kind: str, folder: Path) -> Iterator[str]:
    """A store for the tests of one module: making a data base takes longer than a test."""
    with asyncio.Runner() as loop:
        store = empty_state_url(kind, folder)
        yield loop.run(store.__aenter__())
        loop.run(store.__aexit__(None, None, None))


@asynccontextmanager
async def a_store(url: str) -> AsyncIterator[State]:
    """The store with the api's tables, empty."""
    async with open_state(url) as state:
        await migrate(state, "api", MIGRATIONS)
        async with state.writing() as connection:
            for table in metadata.sorted_tables:
                await connection.execute(delete(table))
        yield state


def parked(message: Message, service: str, reason: str = "it does not fit") -> Parked:
    """The message as the bus parks it."""
    return Parked(
        service=service,
        topic=message.topic,
        body=message.model_dump_json().encode(),
        reason=reason,
        attempts=1,
        parked_at=datetime.now(UTC),
        message_id=message.id,
        trail=message.trail,
    )
