"""What a person should know of a crawl, in plain words: gaps, what was parked, what contradicts a profile."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.crawl_contradictions import NONE, reasons_of
from radquarry.api.crawl_facts import Seen, has_failed
from radquarry.api.crawl_tables import crawl_rows, portions
from radquarry.api.failure_effects import PORTIONS
from radquarry.api.tables import crawl_studies, failures, windows
from radquarry.api.window_rows import gaps_of

MOST = 200


@dataclass(frozen=True)
class CrawlProblem:
    """What is missing and why. `gap`: the PACS could not list it, a day or (`row`) a row; else a message was parked.

    With `profile` nothing is missing: the PACS did otherwise than its profile says.
    """

    kind: Literal["gap", "window", "rows", "study", "crawl", "profile"]
    reason: str
    day: date | None = None
    modality: str = ""
    begin: str = ""
    end: str = ""
    study_instance_uid: str = ""
    failure_id: UUID | None = None
    row: int | None = None


async def problems_of(
    connection: AsyncConnection, crawl_id: UUID, total: int, contradictions: str = NONE
) -> tuple[CrawlProblem, ...]:
    """At most 200; one more says how many of `total` are left out. `contradictions` are those of the crawl's row."""
    profile = [CrawlProblem("profile", reason) for reason in reasons_of(contradictions)]
    gaps = [*await _gaps(connection, crawl_id), *await _row_gaps(connection, crawl_id)]
    found = [*profile, *gaps, *await _parked(connection, crawl_id)]
    shown = found[:MOST]
    if len(found) > MOST:
        shown.append(CrawlProblem("crawl", f"and {max(total, len(found)) - MOST} more"))
    return tuple(shown)


async def _gaps(connection: AsyncConnection, crawl_id: UUID) -> list[CrawlProblem]:
    chosen = (
        select(windows.c.day, windows.c.modality, windows.c.gaps)
        .where(windows.c.crawl_id == crawl_id, windows.c.gaps != "[]", windows.c.failure_id.is_(None))
        .order_by(windows.c.day, windows.c.modality)
        .limit(MOST + 1)
    )
    return [
        CrawlProblem("gap", gap.reason, row.day, row.modality, gap.begin, gap.end)
        for row in await bulk.fetch(connection, chosen)
        for gap in gaps_of(row.gaps)
    ]


async def _row_gaps(connection: AsyncConnection, crawl_id: UUID) -> list[CrawlProblem]:
    chosen = (
        select(crawl_rows.c.number, crawl_rows.c.problem)
        .where(crawl_rows.c.crawl_id == crawl_id, crawl_rows.c.is_gap)
        .order_by(crawl_rows.c.number)
        .limit(MOST + 1)
    )
    return [CrawlProblem("gap", row.problem, row=row.number) for row in await bulk.fetch(connection, chosen)]


async def _parked(connection: AsyncConnection, crawl_id: UUID) -> list[CrawlProblem]:
    same = and_(
        crawl_studies.c.crawl_id == crawl_id,
        crawl_studies.c.study_instance_uid == failures.c.study_instance_uid,
    )
    portion = and_(portions.c.crawl_id == crawl_id, portions.c.failure_id == failures.c.failure_id)
    still = and_(windows.c.crawl_id == crawl_id, windows.c.failure_id == failures.c.failure_id)
    chosen = (
        select(
            failures.c.failure_id,
            failures.c.topic,
            failures.c.reason,
            failures.c.study_instance_uid,
            failures.c.day,
            failures.c.modality,
            crawl_studies.c.bits,
            windows.c.day.label("parked_day"),
            portions.c.portion,
        )
        .outerjoin_from(failures, crawl_studies, same)
        .outerjoin(windows, still)
        .outerjoin(portions, portion)
        .where(failures.c.crawl_id == crawl_id, failures.c.state.in_(("open", "discarded")))
        .order_by(failures.c.parked_at, failures.c.failure_id)
        .limit(10 * MOST)
    )
    return [problem for row in await bulk.fetch(connection, chosen) if (problem := _problem(row)) is not None]


def _problem(row: bulk.Found) -> CrawlProblem | None:
    """None where a later success has made it good."""
    if row.study_instance_uid:
        if not has_failed(Seen(row.bits or 0)):
            return None
        return CrawlProblem("study", row.reason, study_instance_uid=row.study_instance_uid, failure_id=row.failure_id)
    if row.day is not None:
        if row.parked_day is None:
            return None
        return CrawlProblem("window", row.reason, row.day, row.modality, failure_id=row.failure_id)
    if row.topic in PORTIONS:
        return None if row.portion is None else CrawlProblem("rows", row.reason, failure_id=row.failure_id)
    return CrawlProblem("crawl", row.reason, failure_id=row.failure_id)
