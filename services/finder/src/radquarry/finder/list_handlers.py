"""What the finder does about portions: rows of lists and C-FIND queries, and the rows a RIS gives."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from radquarry.bus.port import Publish
from radquarry.dicom.peer import PacsRefuses
from radquarry.finder.bulk_queries import BulkQuery
from radquarry.finder.handlers import (
    CANCELLED,
    PLANNED_TOGETHER,
    TOGETHER,
    Archives,
    archive,
    complete,
    say_planned,
    together,
)
from radquarry.finder.ledger import Ledger
from radquarry.finder.lookups import Found, Lookup
from radquarry.finder.pacs import Pacs
from radquarry.finder.plans import portions_of
from radquarry.finder.portion_ledger import ClosedPortion, PortionOrder
from radquarry.finder.series_desk import SeriesDesk
from radquarry.messages import FindQueries, FindRows, PortionClosed, RowResult, RowsListed, Study, StudyFound

MOST_NAMED = 100
"""Studies that one result names; it counts them all."""
MOST_OF_A_PROBLEM = 500

Numbered = tuple[int, Lookup | BulkQuery]


async def find_rows(order: FindRows, *, archives: Archives, ledger: Ledger, publish: Publish) -> None:
    """Look the rows up, announce the studies they mean, and close the portion with a result for each."""
    pacs = archive(archives, order.pacs)
    desk = SeriesDesk(pacs)
    work = [(row.number, Lookup(row, order.modalities, pacs, desk)) for row in order.rows]
    await _work_off(order, pacs, work, ledger, publish)


async def find_queries(order: FindQueries, *, archives: Archives, ledger: Ledger, publish: Publish) -> None:
    """Ask the queries, announce the studies they lead to, and close the portion with a result for each."""
    pacs = archive(archives, order.pacs)
    desk = SeriesDesk(pacs)
    queries = enumerate(order.queries, start=order.first)
    work = [(number, BulkQuery(query, order.modalities, pacs, desk)) for number, query in queries]
    await _work_off(order, pacs, work, ledger, publish)


async def plan_rows(listed: RowsListed, *, archives: Archives, ledger: Ledger, publish: Publish) -> None:
    """Order the rows that a RIS gave; with the last missing part of its list the plan is known."""
    archive(archives, listed.pacs)
    orders = portions_of(listed)
    for some in together(orders, PLANNED_TOGETHER):
        await publish(*some)
    planned = await ledger.portions.listed(listed, len(orders))
    if planned is not None:
        await say_planned(listed, await ledger.plan(listed.crawl_id, planned), ledger, publish)


async def _work_off(
    order: PortionOrder, pacs: Pacs, work: Sequence[Numbered], ledger: Ledger, publish: Publish
) -> None:
    standing = await ledger.portions.standing(order)
    visit, studies = ClosedPortion(()), dict[str, Study]()
    if standing.is_cancelled:
        results = tuple(RowResult(number=number, problem=CANCELLED, is_gap=True) for number, _ in work)
        visit = ClosedPortion(results, is_unasked=True)
    elif not standing.is_closed:
        async with pacs.watch.during(order.crawl_id):
            visit, studies = await _asked(work)
        await _announce(order, studies, ledger, publish)
    closed, progress = await ledger.portions.close(order, visit, studies.keys())
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "portion": order.portion}
    counted = {"studies": closed.studies, "queries": closed.queries, "is_unasked": closed.is_unasked}
    await publish(PortionClosed.after(order, results=closed.results, **about, **counted))
    if progress.is_complete:
        await complete(order, progress, ledger, publish)


async def _asked(work: Iterable[Numbered]) -> tuple[ClosedPortion, dict[str, Study]]:
    results, studies, queries = [], dict[str, Study](), 0
    for number, ask in work:
        try:
            found = await ask.find()
        except PacsRefuses as refused:
            found = Found(None, problem=str(refused), is_gap=True)
        results.append(_result(number, found))
        studies |= {study.study_instance_uid: study for study in found.studies}
        queries += found.queries
    return ClosedPortion(tuple(results), queries=queries), studies


async def _announce(order: PortionOrder, studies: dict[str, Study], ledger: Ledger, publish: Publish) -> None:
    """Those that no other portion of the crawl has announced."""
    known = await ledger.portions.claimed_elsewhere(order, studies.keys())
    fresh = [study for uid, study in studies.items() if uid not in known]
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "answered_at": datetime.now(UTC)}
    for some in together(fresh, TOGETHER):
        await publish(*(StudyFound.after(order, study=study, **about) for study in some))


def _result(number: int, found: Found) -> RowResult:
    uids = tuple(study.study_instance_uid for study in found.studies[:MOST_NAMED])
    return RowResult(
        number=number,
        link=found.link,
        studies=len(found.studies),
        study_instance_uids=uids,
        problem=found.problem[:MOST_OF_A_PROBLEM],
        is_gap=found.is_gap,
    )
