"""A crawl as it is shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from radquarry.api import bulk
from radquarry.api.crawl_answers import RowCounts
from radquarry.api.crawl_contradictions import reasons_of
from radquarry.api.crawl_order import Way
from radquarry.api.crawl_pace import Done, pace
from radquarry.api.crawl_problems import CrawlProblem
from radquarry.api.pace import Pace

CrawlState = Literal["requested", "running", "complete", "incomplete", "cancelled"]
NOT_UNDER_WAY = Pace()
SETTLED = ("complete", "incomplete", "cancelled")


@dataclass(frozen=True)
class CrawlView:
    """Where a crawl stands. `problems` and `rows` are filled by `Crawls.get` alone.

    A window is a day (and modality), or a portion of a list. `rows` is None for a crawl of days.
    """

    id: UUID
    state: CrawlState
    pacs: str
    start_date: date | None
    end_date: date | None
    modalities: tuple[str, ...]
    requested_by: str
    requested_at: datetime
    windows_planned: int | None
    windows_closed: int
    windows_with_gaps: int
    studies_found: int
    reports_fetched: int
    reports_missing: int
    documents_indexed: int
    studies_settled: int
    problem_count: int
    problems: tuple[CrawlProblem, ...] = ()
    way: Way = "dates"
    study_description: str = ""
    institution_name: str = ""
    ris: str = ""
    ris_filter: Mapping[str, str] = field(default_factory=dict)
    origin: Literal["person", "worklist"] = "person"
    rows_total: int = 0
    rows: RowCounts | None = None
    pace: Pace = NOT_UNDER_WAY

    @property
    def is_settled(self) -> bool:
        """Nothing is on its way any more."""
        return self.state in SETTLED

    @property
    def progress(self) -> float:
        """0 to 1: half by windows asked, half by studies that have arrived."""
        if self.state in {"complete", "incomplete"}:
            return 1.0
        asked = self.windows_closed / self.windows_planned if self.windows_planned else 0.0
        arrived = self.studies_settled / self.studies_found if self.studies_found else 0.0
        return min(0.99, asked * (1 + arrived) / 2)


def crawl_view(row: bulk.Found, now: datetime) -> CrawlView:
    """Of a row of the table of crawls."""
    done = Done(row.windows_closed, row.studies_found, row.studies_settled)
    under_way = row.state == "running"
    return CrawlView(
        id=row.crawl_id,
        state=row.state,
        pacs=row.pacs,
        start_date=row.start_date,
        end_date=row.end_date,
        modalities=tuple(filter(None, row.modalities.split(","))),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        windows_planned=row.planned,
        windows_closed=row.windows_closed,
        windows_with_gaps=row.windows_with_gaps + row.windows_parked,
        studies_found=row.studies_found,
        reports_fetched=row.reports_fetched,
        reports_missing=row.reports_missing,
        documents_indexed=row.documents_indexed,
        studies_settled=row.studies_settled,
        problem_count=_problems(row),
        way=row.way,
        study_description=row.study_description,
        institution_name=row.institution_name,
        ris=row.ris,
        ris_filter=json.loads(row.ris_filter) if row.ris_filter else {},
        origin=row.origin,
        rows_total=row.rows_total,
        pace=pace(row.pace, now, done, row.planned) if under_way else NOT_UNDER_WAY,
    )


def _problems(row: bulk.Found) -> int:
    missing: int = row.windows_with_gaps + row.windows_parked + row.studies_failed + row.blocks
    return missing + len(reasons_of(row.contradictions))
