"""What the finder does about a crawl and its windows."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar
from uuid import uuid4

from radquarry.bus.port import Publish
from radquarry.dicom.peer import PacsRefuses
from radquarry.errors import Permanent
from radquarry.finder.ledger import Closed, Ledger, Progress
from radquarry.finder.narrowing import narrowed
from radquarry.finder.pacs import Pacs
from radquarry.finder.page import Listed
from radquarry.finder.plans import check, narrowing, pieces
from radquarry.finder.series import WithSeries
from radquarry.finder.sights import Sight
from radquarry.messages import (
    CancelCrawl,
    Command,
    CrawlCompleted,
    CrawlPlanned,
    CrawlRequested,
    CrawlResumed,
    FindWindow,
    Gap,
    Message,
    ResumeCrawl,
    Study,
    StudyFound,
    WindowClosed,
)

Archives = Mapping[str, Pacs]
Item = TypeVar("Item")

TOGETHER = 100
"""Studies whose series are asked for, and that are announced, at a time."""
PLANNED_TOGETHER = 500
CANCELLED = "the crawl was cancelled before this was asked for"


class UnknownPacs(Permanent):
    """No PACS of this name is configured."""


@dataclass
class Visit:
    """What a window gave; `is_asked` once the PACS was asked to the end."""

    is_asked: bool = False
    sights: dict[str, Sight] = field(default_factory=dict)
    queries: int = 0
    gaps: list[Gap] = field(default_factory=list)


Compare = Callable[[FindWindow, Visit, Pacs], Awaitable[None]]
"""Says what became different since the window's day was seen before; what it finds beside the list joins the visit."""


def archive(archives: Archives, name: str) -> Pacs:
    """The PACS of this name; raises `UnknownPacs`."""
    if name not in archives:
        raise UnknownPacs(f"no PACS {name!r} is configured; known: {', '.join(archives) or 'none'}")
    return archives[name]


async def plan_crawl(order: CrawlRequested, *, archives: Archives, ledger: Ledger, publish: Publish) -> None:
    """Order every window or portion of the crawl, once; the rows of a RIS come by themselves."""
    archive(archives, order.pacs)
    check(order)
    if order.ris:
        return
    progress = await ledger.progress(order.crawl_id)
    if progress is None or progress.windows_planned is None:
        planned = 0
        for some in together(pieces(order), PLANNED_TOGETHER):
            await publish(*some)
            planned += len(some)
        progress = await ledger.plan(order.crawl_id, planned)
    await say_planned(order, progress, ledger, publish)


async def say_nothing(_order: FindWindow, _visit: Visit, _pacs: Pacs) -> None:
    """For a finder without a memory of what days held before."""


async def find_window(
    order: FindWindow, *, archives: Archives, ledger: Ledger, publish: Publish, compare: Compare = say_nothing
) -> None:
    """Announce every study the PACS holds for one day and what became different, then close the window."""
    pacs = archive(archives, order.pacs)
    standing = await ledger.standing(order)
    visit = Visit()
    if standing.is_cancelled:
        visit.gaps.append(_whole_day(CANCELLED))
    elif not standing.is_closed:
        async with pacs.watch.during(order.crawl_id):
            await _ask(order, pacs, visit, publish)
    await compare(order, visit, pacs)
    visited = Closed(queries=visit.queries, gaps=tuple(visit.gaps), is_unasked=standing.is_cancelled)
    closed, progress = await ledger.close(order, visited, visit.sights.keys())
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "day": order.day, "modality": order.modality}
    counted = {"studies": closed.studies, "queries": closed.queries, "gaps": closed.gaps}
    how = {"is_narrowed": bool(narrowing(order)), "is_unasked": closed.is_unasked}
    await publish(WindowClosed.after(order, **about, **counted, **how))
    if progress.is_complete:
        await complete(order, progress, ledger, publish)


async def cancel_crawl(order: CancelCrawl, *, ledger: Ledger, publish: Publish) -> None:
    """Ask for no further window or portion: those still waiting close unasked when they come."""
    progress = await ledger.cancel(order.crawl_id, order.sent_at)
    if progress.is_cancelled:
        await complete(order, progress, ledger, publish)


async def resume_crawl(order: ResumeCrawl, *, ledger: Ledger, publish: Publish) -> None:
    """Order again what a cancelled crawl left unasked."""
    progress, unasked = await ledger.resume(order.crawl_id, order.sent_at)
    if progress.is_cancelled:
        return
    await publish(CrawlResumed.after(order, crawl_id=order.crawl_id))
    for some in together(unasked, PLANNED_TOGETHER):
        await publish(*(_again(piece, order) for piece in some))
    await say_planned(order, progress, ledger, publish)


async def _ask(order: FindWindow, pacs: Pacs, visit: Visit, publish: Publish) -> None:
    try:
        listed = await _listed(order, pacs)
    except PacsRefuses as error:
        visit.gaps.append(_whole_day(str(error)))
        return
    visit.queries += listed.queries
    visit.gaps += listed.gaps
    for some in together(listed.studies, TOGETHER):
        found = await with_series(pacs, some)
        visit.queries += found.queries
        visit.gaps += found.gaps
        wanted = [study for study in found.studies if _is_wanted(study, order.modality)]
        now = datetime.now(UTC)
        about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "answered_at": now}
        await publish(*(StudyFound.after(order, study=study, **about) for study in wanted))
        visit.sights |= {study.study_instance_uid: Sight(study=study, seen_at=now) for study in wanted}
    visit.is_asked = True


async def _listed(order: FindWindow, pacs: Pacs) -> Listed:
    keys = narrowing(order)
    if not keys:
        return await pacs.studies(order.day, order.modality)
    return narrowed(await pacs.narrowed(order.day, order.modality, keys), keys)


async def with_series(pacs: Pacs, studies: Sequence[Study]) -> WithSeries:
    """Without series, and with the reason, from a PACS that does not answer at series level."""
    try:
        return await pacs.with_series(studies)
    except PacsRefuses as error:
        return WithSeries(tuple(studies), (_whole_day(f"the series of studies are not listed: {error}"),), 0)


async def say_planned(cause: Message, progress: Progress, ledger: Ledger, publish: Publish) -> None:
    """How many windows or portions there are, once that is known, and whether they are closed already."""
    if progress.windows_planned is not None:
        await publish(CrawlPlanned.after(cause, crawl_id=progress.crawl_id, windows=progress.windows_planned))
    if progress.is_complete:
        await complete(cause, progress, ledger, publish)


async def complete(cause: Message, progress: Progress, ledger: Ledger, publish: Publish) -> None:
    """Nothing more is asked for this crawl, unless it was cancelled and is resumed."""
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
    if progress.is_over:
        await ledger.forget_studies(crawl_id)


def _again(piece: Command, cause: Message) -> Command:
    """The same order as a message of its own."""
    return piece.model_copy(update={"id": uuid4(), "cause": cause.id, "sent_at": datetime.now(UTC)})


def _is_wanted(study: Study, modality: str) -> bool:
    """A PACS without ModalitiesInStudy gives all studies of the day: their series tell."""
    return not modality or not study.modalities_in_study or modality in study.modalities_in_study


def _whole_day(reason: str) -> Gap:
    return Gap(begin="00:00:00", end="23:59:59", reason=reason)


def together(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Items, `size` at a time."""
    source = iter(items)
    while some := tuple(islice(source, size)):
        yield some
