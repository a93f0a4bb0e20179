"""What the api learns from each message. Of a study's own data nothing is kept but its UID and the PACS's name."""

from collections.abc import Awaitable, Callable

from radquarry.api.crawl_facts import CrawlFact, Seen, StudySeen, WindowSettled
from radquarry.messages import DocumentIndexed, ReportFetched, ReportMissing, StudyFound, WindowClosed

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
        )
    )


async def note_study(fact: StudyFound, *, note: Note) -> None:
    """A crawl found this study."""
    await note(StudySeen(fact.crawl_id, fact.study.study_instance_uid, Seen.FOUND))


async def note_report(fact: ReportFetched, *, note: Note) -> None:
    """The report of a study is here."""
    await note(StudySeen(fact.crawl_id, fact.study_instance_uid, Seen.REPORT_FETCHED))


async def note_missing_report(fact: ReportMissing, *, note: Note) -> None:
    """The RIS has no report of a study yet."""
    await note(StudySeen(fact.crawl_id, fact.study_instance_uid, Seen.REPORT_MISSING))


async def note_document(fact: DocumentIndexed, *, note: Note) -> None:
    """A part of a study's document is searchable."""
    await note(StudySeen(fact.crawl_id, fact.study_instance_uid, PARTS[fact.part]))
