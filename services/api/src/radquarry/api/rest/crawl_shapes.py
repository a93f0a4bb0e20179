"""A crawl as REST shows it."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.crawl_answers import LINKS, RowCounts
from radquarry.api.crawl_order import Way
from radquarry.api.crawls import CrawlState, CrawlView


class Windows(BaseModel):
    """One window is one day (and modality, where the crawl names any), or a portion of a list."""

    planned: int = Field(description="0 until the crawl is planned.")
    closed: int
    gaps: int = Field(description="Windows that are not complete; `problems` says why.")


class RowNumbers(BaseModel):
    """How the rows of a list, or its queries, stand; `links` counts those answered by how sure their study is."""

    total: int
    answered: int
    open: int
    found: int = Field(description="With at least one study.")
    problem: int = Field(description="With a problem, whatever the link.")
    gap: int = Field(description="The PACS could not be asked to the end.")
    links: dict[str, int] = Field(description=f"Of {', '.join(LINKS)}; those that are not there are 0.")


def _absent(value: object) -> bool:
    return value is None or value == ""


class CrawlTrouble(BaseModel):
    """Why something is missing, or (`profile`) that the PACS did otherwise than its profile says; ids only."""

    kind: Literal["gap", "window", "rows", "study", "crawl", "profile"]
    reason: str
    day: date | None = Field(None, exclude_if=_absent)
    modality: str = Field("", exclude_if=_absent)
    begin: str = Field("", exclude_if=_absent)
    end: str = Field("", exclude_if=_absent)
    row: int | None = Field(None, exclude_if=_absent, description="Number of the row or query.")
    study_instance_uid: str = Field("", exclude_if=_absent)
    failure_id: UUID | None = Field(None, exclude_if=_absent, description="Replay it under `/failures`.")


EXAMPLE: dict[str, Any] = {
    "id": "0d7b9c1e-6c0e-4f0e-9f6a-0f6f5b1f6a11",
    "state": "incomplete",
    "windows": {"planned": 180, "closed": 180, "gaps": 1},
    "studies_found": 7340,
    "reports_fetched": 7012,
    "reports_missing": 328,
    "documents_indexed": 7340,
    "problems": [
        {
            "kind": "gap",
            "reason": "the PACS cut its answer even within one second",
            "day": "2024-03-04",
            "begin": "080000",
            "end": "080000.999999",
        }
    ],
    "problem_count": 1,
    "way": "dates",
    "rows": None,
    "rate": None,
    "expected_end": None,
    "pacs": "main",
    "start_date": "2024-01-01",
    "end_date": "2024-06-28",
    "modalities": [],
    "study_description": "",
    "institution_name": "",
    "ris": "",
    "ris_filter": {},
    "requested_by": "ada",
    "requested_at": "2024-06-28T18:00:00Z",
}
OF_A_LIST: dict[str, Any] = EXAMPLE | {
    "state": "running",
    "windows": {"planned": 12, "closed": 4, "gaps": 0},
    "studies_found": 371,
    "reports_fetched": 350,
    "reports_missing": 4,
    "documents_indexed": 362,
    "problems": [],
    "problem_count": 0,
    "way": "rows",
    "rows": {
        "total": 1200,
        "answered": 400,
        "open": 800,
        "found": 368,
        "problem": 35,
        "gap": 0,
        "links": {"exact": 340, "accession": 12, "patient-date": 9, "several": 3, "conflict": 4, "none": 32},
    },
    "rate": 74.0,
    "expected_end": "2024-06-28T18:19:00Z",
    "start_date": None,
    "end_date": None,
    "modalities": ["CT"],
}


class Crawl(BaseModel):
    """Where a crawl stands, and what was ordered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE, OF_A_LIST]})

    id: UUID
    state: CrawlState
    windows: Windows
    studies_found: int
    reports_fetched: int
    reports_missing: int = Field(description="Asked for, and not there yet: asked for again later.")
    documents_indexed: int
    problems: tuple[CrawlTrouble, ...] = Field(
        description="At most 200, and one that says how many more; empty in the list of crawls."
    )
    problem_count: int
    way: Way = Field(description="How it asks: for days (`dates`), by a list (`rows`), `queries`, or a `ris`.")
    rows: RowNumbers | None = Field(None, description="None for a crawl of days, and in the list of crawls.")
    rate: float | None = Field(None, description="Studies that became searchable a minute, of late; while it runs.")
    expected_end: datetime | None = Field(None, description="At the speed of late; None while nothing can be said.")
    pacs: str
    start_date: date | None = None
    end_date: date | None = None
    modalities: tuple[str, ...]
    study_description: str
    institution_name: str
    ris: str
    ris_filter: dict[str, str]
    requested_by: str
    requested_at: datetime


class CrawlPage(BaseModel):
    """One page of crawls, newest first."""

    items: tuple[Crawl, ...]
    after: str | None


def shown(view: CrawlView) -> Crawl:
    """The documented shape."""
    windows = {
        "planned": view.windows_planned or 0,
        "closed": view.windows_closed,
        "gaps": view.windows_with_gaps,
    }
    pieces = {
        "windows": windows,
        "problems": [vars(problem) for problem in view.problems],
        "rows": None if view.rows is None else _numbers(view.rows),
        "rate": view.pace.rate,
        "expected_end": view.pace.expected_end,
    }
    return Crawl.model_validate({name: getattr(view, name, None) for name in Crawl.model_fields} | pieces)


def _numbers(counts: RowCounts) -> RowNumbers:
    named = {name: counts.shows.get(name, 0) for name in ("open", "found", "problem", "gap")}
    links = {link: counts.shows[link] for link in LINKS if counts.shows.get(link)}
    return RowNumbers(total=counts.total, answered=counts.answered, links=links, **named)
