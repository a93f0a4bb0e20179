"""What the PACS and the RIS said, put into the study's document. Many messages become one merge (merging.py)."""

from collections.abc import Awaitable, Callable

from radquarry.index.parts import GonePart, MissingReportPart, ReportPart, StudyPart
from radquarry.indexer.merging import Fact
from radquarry.messages import ReportFetched, ReportMissing, StudyChanged, StudyFound

Merge = Callable[[Fact], Awaitable[None]]
"""Returns when the fact is searchable and announced."""


async def index_study(found: StudyFound, merge: Merge) -> None:
    """Make the study searchable, in whatever order its report comes."""
    part = StudyPart(pacs=found.pacs, study=found.study, answered_at=found.answered_at)
    await merge(Fact(found, found.crawl_id, part))


async def index_report(fetched: ReportFetched, merge: Merge) -> None:
    """Make the report searchable under its study."""
    part = ReportPart(study_instance_uid=fetched.study_instance_uid, ris=fetched.ris, report=fetched.report)
    await merge(Fact(fetched, fetched.crawl_id, part))


async def note_missing_report(missing: ReportMissing, merge: Merge) -> None:
    """Show with the study why it has no report."""
    part = MissingReportPart(
        study_instance_uid=missing.study_instance_uid,
        ris=missing.ris,
        reason=missing.reason,
        asked_at=missing.asked_at,
    )
    await merge(Fact(missing, missing.crawl_id, part))


async def note_gone_study(changed: StudyChanged, merge: Merge) -> None:
    """Mark a study the PACS no longer has; of all other changes the new answer tells, which comes by itself."""
    if changed.kind != "gone":
        return
    part = GonePart(study_instance_uid=changed.study_instance_uid, pacs=changed.pacs, gone_at=changed.seen_at)
    await merge(Fact(changed, changed.crawl_id, part))
