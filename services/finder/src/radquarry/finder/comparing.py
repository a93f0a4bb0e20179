"""Says what became different in the archive since a day was last listed whole."""

from collections.abc import Sequence
from datetime import UTC, datetime

from radquarry.bus.port import Publish
from radquarry.dicom.peer import PacsRefuses
from radquarry.errors import Transient
from radquarry.finder.handlers import Visit, with_series
from radquarry.finder.learning import Visited, learnt, missing
from radquarry.finder.pacs import Pacs
from radquarry.finder.plans import narrowing
from radquarry.finder.seen import Known, Seen
from radquarry.finder.sights import Sight
from radquarry.messages import FindWindow, Study, StudyFound

ATTEMPTS = 10
"""At one day's books, which the windows of its other modalities may be writing too."""


class BooksBusy(Transient):
    """Others wrote the same day's books again and again."""


async def compare_window(order: FindWindow, visit: Visit, pacs: Pacs, *, seen: Seen, publish: Publish) -> None:
    """Remember what the window held and announce each difference, once; nothing when it was not listed whole.

    A change is written down with the day before it is said, and crossed out after: whoever dies between says it
    again, as it was. A study that is not in the list any more is asked for by its UID before it is called gone.
    """
    has_news = True
    if visit.is_asked and not visit.gaps and not narrowing(order):
        known = await seen.known(order)
        visited = Visited(visit.sights)
        if lost := missing(order, known, visit.sights):
            visited = await _asked_by_uid(order, lost, visit, pacs=pacs, publish=publish)
        has_news = await _remember(order, known, visited, seen)
    if has_news and (unsaid := await seen.unsaid(order)):
        await publish(*unsaid)
        await seen.said(order)


async def _remember(order: FindWindow, known: Known, visited: Visited, seen: Seen) -> bool:
    """Whether there is anything to say."""
    for _ in range(ATTEMPTS):
        strange = visited.found.keys() - known.sights.keys() if known.has_gone else set()
        tombstones = await seen.tombstones(order.pacs, strange) if strange else {}
        lesson = learnt(order, known, tombstones, visited)
        if lesson is None:
            return known.has_unsaid
        if await seen.keep(order, known.version, lesson):
            return known.has_unsaid or bool(lesson.changes)
        known = await seen.known(order)
    raise BooksBusy(f"the books of {order.pacs} on {order.day} are being written by others")


async def _asked_by_uid(
    order: FindWindow, lost: Sequence[str], visit: Visit, *, pacs: Pacs, publish: Publish
) -> Visited:
    """Which of the lost studies are surely gone; those that are there, perhaps under another date, join the visit.

    One that was in the list is asked for too: a PACS that does not find it by its UID says nothing about the others.
    """
    asked_at = datetime.now(UTC)
    control = list(visit.sights)[:1]
    try:
        named = await pacs.named([*control, *lost])
    except PacsRefuses:
        return Visited(visit.sights)
    visit.queries += named.queries
    there = {study.study_instance_uid: study for study in named.there}
    if not all(uid in there for uid in control):
        return Visited(visit.sights)
    await _announce(order, [there[uid] for uid in lost if uid in there], visit, pacs=pacs, publish=publish)
    return Visited(visit.sights, named.absent, asked_at)


async def _announce(order: FindWindow, studies: Sequence[Study], visit: Visit, *, pacs: Pacs, publish: Publish) -> None:
    if not studies:
        return
    found = await with_series(pacs, studies)
    visit.queries += found.queries
    now = datetime.now(UTC)
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "answered_at": now}
    await publish(*(StudyFound.after(order, study=study, **about) for study in found.studies))
    visit.sights |= {study.study_instance_uid: Sight(study=study, seen_at=now) for study in found.studies}
