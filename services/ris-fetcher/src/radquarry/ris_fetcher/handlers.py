"""What the ris-fetcher does when a study was found, and when a report is due again."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from radquarry.bus.port import Publish
from radquarry.errors import PeerAway, Permanent, Transient
from radquarry.messages import Report, ReportFetched, ReportMissing, StudyFound
from radquarry.ris_fetcher.missing import Due, Missing
from radquarry.ris_fetcher.ris import NoReport, Ris

log = structlog.get_logger(__name__)


async def fetch_report(found: StudyFound, *, sources: Sequence[Ris], missing: Missing, publish: Publish) -> None:
    """Say what the RIS has for this study, and remember to ask again for what it has not."""
    name, answer = await _asked(found, sources)
    if isinstance(answer, Report):
        await publish(_fetched(found, name, answer))
        return
    when = missing.next(1)
    await publish(_missing(found, name, answer, when))
    await missing.remember(found, 1, when)


async def ask_again(*, sources: Sequence[Ris], missing: Missing, publish: Publish) -> None:
    """Loop: ask again for what was missing and is due."""
    while True:
        try:
            due = await missing.take_due()
            await asyncio.gather(*(_ask_one_again(each, sources, missing, publish) for each in due))
        except PeerAway as error:
            log.warning("missing reports are looked at later", reason=str(error))
            due = []
        if not due:
            await asyncio.sleep(missing.again.look_every_seconds)


async def _ask_one_again(due: Due, sources: Sequence[Ris], missing: Missing, publish: Publish) -> None:
    try:
        name, answer = await _asked(due.found, sources)
    except (Transient, Permanent) as error:
        if isinstance(error, PeerAway):
            raise
        log.warning("a missing report is asked for later", trail=str(due.found.trail), reason=str(error))
        return  # its row is taken up again when the lease runs out
    if isinstance(answer, Report):
        await publish(_fetched(due.found, name, answer))
        await missing.forget(due.found.study.study_instance_uid)
        return
    when = missing.next(due.asked + 1)
    await publish(_missing(due.found, name, answer, when))
    await missing.remember(due.found, due.asked + 1, when)


async def _asked(found: StudyFound, sources: Sequence[Ris]) -> tuple[str, Report | NoReport]:
    """The first report that a RIS of this PACS has, else what the last one said."""
    name, answer = "", NoReport("no RIS is configured for this PACS")
    for ris in sources:
        if ris.serves(found.pacs):
            name, said = ris.name, await ris.report(found.study)
            if isinstance(said, Report):
                return name, said
            answer = said
    return name, answer


def _fetched(found: StudyFound, ris: str, report: Report) -> ReportFetched:
    return ReportFetched.after(
        found,
        crawl_id=found.crawl_id,
        study_instance_uid=found.study.study_instance_uid,
        ris=ris,
        report=report,
    )


def _missing(found: StudyFound, ris: str, answer: NoReport, when: datetime | None) -> ReportMissing:
    return ReportMissing.after(
        found,
        crawl_id=found.crawl_id,
        study_instance_uid=found.study.study_instance_uid,
        ris=ris,
        reason=answer.reason,
        asked_at=datetime.now(UTC),
        ask_again_at=when,
    )
