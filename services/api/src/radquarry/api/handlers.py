"""What the api learns from each message. Of a study's own data nothing is kept but its UID and the PACS's name."""

from collections.abc import Awaitable, Callable

from radquarry.api.crawl_contradictions import Contradicted
from radquarry.api.crawl_facts import CrawlFact, PortionSettled, Seen, StudySeen, WindowSettled
from radquarry.api.retrieval_facts import RetrievalFact
from radquarry.api.storable import storable
from radquarry.dicom.uids import checked_uid
from radquarry.messages import (
    DocumentIndexed,
    PacsContradicted,
    PortionClosed,
    ReportFetched,
    ReportMissing,
    RetrievalProgressed,
    StudyChanged,
    StudyFound,
    WindowClosed,
)

Note = Callable[[CrawlFact], Awaitable[None]]

PARTS = {
    "study": Seen.STUDY_INDEXED,
    "report": Seen.REPORT_FETCHED | Seen.REPORT_INDEXED,
    "report-missing": Seen.REPORT_MISSING,
}


async def note_window(fact: WindowClosed, *, note: Note) -> None:
    """A window of a crawl is closed, with or without gaps."""
    await note(
        WindowSettled(
            crawl_id=fact.crawl_id,
            pacs=fact.pacs,
            day=fact.day,
            modality=fact.modality,
            decided_at=fact.sent_at,
            studies=fact.studies,
            gaps=fact.gaps,
            asked=fact.queries > 0 or not fact.gaps,
            narrowed=fact.is_narrowed,
            unasked=fact.is_unasked,
        )
    )


async def note_portion(fact: PortionClosed, *, note: Note) -> None:
    """A portion of a crawl's rows or queries is answered, each with its result."""
    await note(
        PortionSettled(
            crawl_id=fact.crawl_id,
            portion=fact.portion,
            decided_at=fact.sent_at,
            studies=fact.studies,
            results=fact.results,
            unasked=fact.is_unasked,
        )
    )


async def note_contradiction(
    fact: PacsContradicted, *, hear: Callable[[PacsContradicted], Awaitable[None]], note: Note
) -> None:
    """A PACS does otherwise than its profile says, and which crawl met it."""
    await hear(fact)
    if fact.crawl_id is not None:
        await note(Contradicted(fact.crawl_id, storable(fact.kind, 64), storable(fact.reason), fact.seen_at))


async def note_study(fact: StudyFound, *, note: Note) -> None:
    """A crawl found this study."""
    await note(StudySeen(fact.crawl_id, _uid(fact.study.study_instance_uid), Seen.FOUND))


async def note_report(fact: ReportFetched, *, note: Note) -> None:
    """The report of a study is here."""
    await note(StudySeen(fact.crawl_id, _uid(fact.study_instance_uid), Seen.REPORT_FETCHED))


async def note_missing_report(fact: ReportMissing, *, note: Note) -> None:
    """The RIS has no report of a study yet."""
    await note(StudySeen(fact.crawl_id, _uid(fact.study_instance_uid), Seen.REPORT_MISSING))


async def note_document(fact: DocumentIndexed, *, note: Note) -> None:
    """A part of a study's document is searchable."""
    await note(StudySeen(fact.crawl_id, _uid(fact.study_instance_uid), PARTS[fact.part]))


async def note_progress(fact: RetrievalProgressed, *, note: Callable[[RetrievalFact], Awaitable[None]]) -> None:
    """A study of a retrieval got further."""
    for uid in (fact.study_instance_uid, *(each.sop_instance_uid for each in fact.instances)):
        _uid(uid)
    await note(fact.model_copy(update={"problem": storable(fact.problem)}))


async def note_change(fact: StudyChanged, *, note: Callable[[StudyChanged], Awaitable[None]]) -> None:
    """A study is otherwise than it was."""
    _uid(fact.study_instance_uid)
    await note(fact)


def _uid(text: str) -> str:
    """One hostile value must not spoil the transaction it shares with hundreds of others; raises `NotAUid`."""
    return checked_uid(text, "StudyInstanceUID or SOPInstanceUID")
