"""The api as a service: what it hears, and the loops it runs."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from radquarry import messages as m
from radquarry.api.archives import Archives
from radquarry.api.crawl_facts import CrawlFact
from radquarry.api.delivery_facts import DeliveryFact
from radquarry.api.delivery_handlers import note_delivery, note_order
from radquarry.api.departures import Departures
from radquarry.api.file_job_ledger import FileJobLedger
from radquarry.api.handlers import (
    note_change,
    note_contradiction,
    note_document,
    note_missing_report,
    note_portion,
    note_progress,
    note_report,
    note_study,
    note_window,
)
from radquarry.api.live import Live
from radquarry.api.retrieval_facts import RetrievalFact
from radquarry.batching import Batch
from radquarry.service import Handler, Service

MANY = 512
"""Of the messages about single studies: so many share one transaction."""
SOME = 64
AT_ONCE: Mapping[type[m.Message], int] = {
    m.StudyFound: MANY,
    m.ReportFetched: MANY,
    m.ReportMissing: MANY,
    m.DocumentIndexed: MANY,
    m.StudyChanged: MANY,
    m.WindowClosed: SOME,
    m.PortionClosed: SOME,
    m.RetrievalProgressed: SOME,
    m.DeliveryProgressed: SOME,
}


@dataclass(frozen=True)
class Notes:
    """Where what is heard is written."""

    crawls: Batch[CrawlFact]
    retrievals: Batch[RetrievalFact]
    archives: Archives
    changes: Batch[m.StudyChanged]
    departures: Departures
    deliveries: Batch[DeliveryFact]
    files: FileJobLedger
    resolved: Callable[[m.PseudonymsResolved], Awaitable[None]]


def api(notes: Notes, live: Live, *loops: Callable[[], Coroutine[Any, Any, None]]) -> Service:
    """Every message the api learns from, one handler each."""
    crawl, retrieval, hear = notes.crawls.add, notes.retrievals.add, notes.archives.hear
    delivery = notes.deliveries.add
    return Service(
        name="api",
        handlers={
            m.CrawlRequested: crawl,
            m.CrawlPlanned: crawl,
            m.CrawlResumed: crawl,
            m.RowsListed: crawl,
            m.PortionClosed: partial(note_portion, note=crawl),
            m.CrawlCompleted: crawl,
            m.WindowClosed: partial(note_window, note=crawl),
            m.StudyFound: partial(note_study, note=crawl),
            m.ReportFetched: partial(note_report, note=crawl),
            m.ReportMissing: partial(note_missing_report, note=crawl),
            m.DocumentIndexed: partial(note_document, note=crawl),
            m.RetrievalRequested: retrieval,
            m.RetrievalProgressed: partial(note_progress, note=retrieval),
            m.RetrievalCompleted: retrieval,
            m.DeliveryRequested: partial(note_order, note=delivery),
            m.DeliveryProgressed: partial(note_delivery, note=delivery),
            m.DeliveryWaits: delivery,
            m.DeliveryCompleted: delivery,
            m.FilesProgressed: notes.files.hear,
            m.PseudonymsResolved: notes.resolved,
            m.RetrievalEstimated: live.estimates.said,
            m.ArchiveMeasured: live.measurements.said,
            m.QuarantineMeasured: live.refusals.said,
            m.InstancesRemoved: notes.departures.write,
            m.PacsEchoed: hear,
            m.PacsStopped: hear,
            m.PacsStarted: hear,
            m.PacsProbed: hear,
            m.PacsContradicted: partial(note_contradiction, hear=hear, note=crawl),
            m.PacsLimited: hear,
            m.PacsTraffic: hear,
            m.StudyChanged: partial(note_change, note=notes.changes.add),
        },
        loops=loops,
        parallel=AT_ONCE,
        broadcasts=_broadcasts(live),
    )


def _broadcasts(live: Live) -> dict[type[m.Message], Handler]:
    """What every replica hears, for those who look at it."""

    async def of_crawl(
        fact: m.CrawlPlanned | m.WindowClosed | m.PortionClosed | m.CrawlResumed | m.CrawlCompleted,
    ) -> None:
        await live.nudge(fact.crawl_id)

    async def of_retrieval(fact: m.RetrievalProgressed | m.RetrievalCompleted) -> None:
        await live.nudge(fact.retrieval_id)

    async def of_delivery(fact: m.DeliveryProgressed | m.DeliveryWaits | m.DeliveryCompleted) -> None:
        await live.nudge(fact.delivery_id)

    async def of_files(fact: m.FilesProgressed) -> None:
        await live.nudge(fact.job_id)

    return {
        m.CrawlPlanned: of_crawl,
        m.WindowClosed: of_crawl,
        m.PortionClosed: of_crawl,
        m.CrawlResumed: of_crawl,
        m.CrawlCompleted: of_crawl,
        m.RetrievalProgressed: of_retrieval,
        m.RetrievalCompleted: of_retrieval,
        m.DeliveryProgressed: of_delivery,
        m.DeliveryWaits: of_delivery,
        m.DeliveryCompleted: of_delivery,
        m.FilesProgressed: of_files,
        m.ArchiveMeasured: live.measurements.said,
        m.QuarantineMeasured: live.refusals.said,
        m.PacsEchoed: live.answers.said,
        m.PacsStopped: live.answers.said,
        m.PacsStarted: live.answers.said,
        m.PacsLimited: live.answers.said,
        m.RetrievalEstimated: live.estimates.said,
    }
