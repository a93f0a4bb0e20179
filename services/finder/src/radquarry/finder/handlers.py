"""What the finder does about a crawl and its windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from radquarry.bus.port import Publish
from radquarry.dicom.peer import PacsRefuses
from radquarry.errors import Permanent
from radquarry.finder.day_windows import check, windows
from radquarry.finder.ledger import Closed, Ledger, Progress
from radquarry.finder.pacs import Pacs
from radquarry.finder.series import WithSeries
from radquarry.messages import (
    CancelCrawl,
    CrawlCompleted,
    CrawlPlanned,
    CrawlRequested,
    FindWindow,
    Gap,
    Message,
    Study,
    StudyFound,
    WindowClosed,
)

Archives = Mapping[str, Pacs]
Item = TypeVar("Item")

TOGETHER = 100
"""Studies whose series are asked for, and that are announced, at a time."""
PLANNED_TOGETHER = 500


class UnknownPacs(Permanent):
    """No PACS of this name is configured."""


@dataclass
class Visit:
    """What a window gave."""

    uids: set[str] = field(default_factory=set)
    queries: int = 0
    gaps: list[Gap] = field(default_factory=list)


def archive(archives: Archives, name: str) -> Pacs:
    """The PACS of this name; raises `UnknownPacs`."""
    if name not in archives:
        raise UnknownPacs(f"no PACS {name!r} is configured; known: {', '.join(archives) or 'none'}")
    return archives[name]


async def plan_crawl(order: CrawlRequested, *, archives: Archives, ledger: Ledger, publish: Publish) -> None:
    """Order every window of the crawl, once."""
    archive(archives, order.pacs)
    check(order)
    progress = await ledger.progress(order.crawl_id)
    if progress is None or progress.windows_planned is None:
        planned = 0
        for some in _portions(windows(order), PLANNED_TOGETHER):
            await publish(*some)
            planned += len(some)
        progress = await ledger.plan(order.crawl_id, planned)
    await publish(CrawlPlanned.after(order, crawl_id=order.crawl_id, windows=progress.windows_planned))
    if progress.is_complete:
        await _complete(order, progress, ledger, publish)


async def find_window(order: FindWindow, *, archives: Archives, ledger: Ledger, publish: Publish) -> None:
    """Announce every study the PACS holds for one day, then close the window."""
    pacs = archive(archives, order.pacs)
    standing = await ledger.standing(order)
    visit = Visit()
    if standing.is_cancelled:
        visit.gaps.append(_whole_day("the crawl was cancelled before this day was asked for"))
    elif not standing.is_closed:
        await _ask(order, pacs, visit, publish)
    visited = Closed(queries=visit.queries, gaps=tuple(visit.gaps))
    closed, progress = await ledger.close(order, visited, visit.uids)
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "day": order.day, "modality": order.modality}
    counted = {"studies": closed.studies, "queries": closed.queries, "gaps": closed.gaps}
    await publish(WindowClosed.after(order, **about, **counted))
    if progress.is_complete:
        await _complete(order, progress, ledger, publish)


async def cancel_crawl(order: CancelCrawl, *, ledger: Ledger, publish: Publish) -> None:
    """Ask for no further window: those still waiting close unasked when they come."""
    await _complete(order, await ledger.cancel(order.crawl_id), ledger, publish)


async def _ask(order: FindWindow, pacs: Pacs, visit: Visit, publish: Publish) -> None:
    try:
        listed = await pacs.studies(order.day, order.modality)
    except PacsRefuses as error:
        visit.gaps.append(_whole_day(str(error)))
        return
    visit.queries += listed.queries
    visit.gaps += listed.gaps
    for some in _portions(listed.studies, TOGETHER):
        found = await _with_series(pacs, some)
        visit.queries += found.queries
        visit.gaps += found.gaps
        wanted = [study for study in found.studies if _is_wanted(study, order.modality)]
        now = datetime.now(UTC)
        about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "answered_at": now}
        await publish(*(StudyFound.after(order, study=study, **about) for study in wanted))
        visit.uids |= {study.study_instance_uid for study in wanted}


async def _with_series(pacs: Pacs, studies: Sequence[Study]) -> WithSeries:
    """Without series, and with the reason, from a PACS that does not answer at series level."""
    try:
        return await pacs.with_series(studies)
    except PacsRefuses as error:
        return WithSeries(tuple(studies), (_whole_day(f"the series of studies are not listed: {error}"),), 0)


async def _complete(cause: Message, progress: Progress, ledger: Ledger, publish: Publish) -> None:
    crawl_id = progress.crawl_id
    await publish(
        CrawlCompleted.after(
            cause,
            crawl_id=crawl_id,
            windows_closed=progress.windows_closed,
            windows_with_gaps=progress.windows_with_gaps,
            studies_found=progress.studies,
            cancelled=progress.is_cancelled,
        )
    )
    if progress.is_complete:
        await ledger.forget_studies(crawl_id)


def _is_wanted(study: Study, modality: str) -> bool:
    """A PACS without ModalitiesInStudy gives all studies of the day: their series tell."""
    return not modality or not study.modalities_in_study or modality in study.modalities_in_study


def _whole_day(reason: str) -> Gap:
    return Gap(begin="00:00:00", end="23:59:59", reason=reason)


def _portions(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    source = iter(items)
    while some := tuple(islice(source, size)):
        yield some
