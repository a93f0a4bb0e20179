"""`/crawls`: what a PACS holds, asked day by day."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sse_starlette import EventSourceResponse

from radquarry.api.crawls import CrawlOrder, CrawlState, CrawlView
from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, WithKey, problems, refuse_later
from radquarry.api.rest.events import events

routes = APIRouter(prefix=f"{V1}/crawls", tags=["crawls"])

LATER = ("accession_numbers", "queries", "ris", "ris_filter")
Modality = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9_]{1,16}$")]


class CrawlRequest(BaseModel):
    """Which days of which PACS to ask; both ends are included, no modality is all of them."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {"pacs": "main", "start_date": "2024-01-01", "end_date": "2024-06-28"},
                {"pacs": "main", "start_date": "2024-06-28", "end_date": "2024-06-28", "modalities": ["CT", "MR"]},
            ]
        },
    )

    pacs: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    start_date: date
    end_date: date
    modalities: tuple[Modality, ...] = Field((), max_length=50)

    @model_validator(mode="before")
    @classmethod
    def _no_later_form(cls, value: Any) -> Any:
        return refuse_later(value, LATER, "A crawl by")


class Windows(BaseModel):
    """One window is one day (and modality, where the crawl names any)."""

    planned: int = Field(description="0 until the crawl is planned.")
    closed: int
    gaps: int = Field(description="Windows that are not complete; `problems` says why.")


def _absent(value: object) -> bool:
    return value is None or value == ""


class CrawlTrouble(BaseModel):
    """Why something is missing; ids only."""

    kind: Literal["gap", "window", "study", "crawl"]
    reason: str
    day: date | None = Field(None, exclude_if=_absent)
    modality: str = Field("", exclude_if=_absent)
    begin: str = Field("", exclude_if=_absent)
    end: str = Field("", exclude_if=_absent)
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
}
LISTED_EXAMPLE: dict[str, Any] = EXAMPLE | {
    "problems": [],
    "pacs": "main",
    "start_date": "2024-01-01",
    "end_date": "2024-06-28",
    "modalities": [],
    "requested_by": "ada",
    "requested_at": "2024-06-28T18:00:00Z",
    "problem_count": 1,
}


class Crawl(BaseModel):
    """Where a crawl stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    state: CrawlState
    windows: Windows
    studies_found: int
    reports_fetched: int
    reports_missing: int = Field(description="Asked for, and not there yet: asked for again later.")
    documents_indexed: int
    problems: tuple[CrawlTrouble, ...] = Field(description="At most 200, and one that says how many more.")


class ListedCrawl(Crawl):
    """A crawl in the list, with its order; its `problems` are counted only."""

    model_config = ConfigDict(json_schema_extra={"examples": [LISTED_EXAMPLE]})

    pacs: str
    start_date: date
    end_date: date
    modalities: tuple[str, ...]
    requested_by: str
    requested_at: datetime
    problem_count: int


class CrawlPage(BaseModel):
    """One page of crawls, newest first."""

    items: tuple[ListedCrawl, ...]
    after: str | None


def shown(view: CrawlView) -> Crawl:
    """The documented shape."""
    return Crawl.model_validate(_fields(view))


def _fields(view: CrawlView) -> dict[str, Any]:
    return {
        "id": view.id,
        "state": view.state,
        "windows": {
            "planned": view.windows_planned or 0,
            "closed": view.windows_closed,
            "gaps": view.windows_with_gaps,
        },
        "studies_found": view.studies_found,
        "reports_fetched": view.reports_fetched,
        "reports_missing": view.reports_missing,
        "documents_indexed": view.documents_indexed,
        "problems": [vars(problem) for problem in view.problems],
    }


def _listed(view: CrawlView) -> ListedCrawl:
    own = ("pacs", "start_date", "end_date", "modalities", "requested_by", "requested_at", "problem_count")
    return ListedCrawl.model_validate(_fields(view) | {name: getattr(view, name) for name in own})


@routes.post("", status_code=202, responses=problems(), summary="Start a crawl")
async def request_crawl(order: CrawlRequest, desk: OnDesk, user: ByUser, key: WithKey = None) -> Ordered:
    """Ask a PACS for every study of a range of days, and the RIS for their reports."""
    wanted = CrawlOrder(order.pacs, order.start_date, order.end_date, tuple(dict.fromkeys(order.modalities)))
    return Ordered(id=await desk.crawls.request(wanted, user, key))


@routes.get("", responses=problems(), summary="All crawls")
async def list_crawls(desk: OnDesk, limit: Limit = 50, after: After = None) -> CrawlPage:
    """Newest first."""
    page = await desk.crawls.list(limit, after)
    return CrawlPage(items=tuple(map(_listed, page.items)), after=page.after)


@routes.get("/{crawl_id}", responses=problems(404), summary="Where a crawl stands")
async def get_crawl(crawl_id: UUID, desk: OnDesk) -> Crawl:
    """Counts are exact; `complete` means that nothing is missing or on its way."""
    return shown(await desk.crawls.get(crawl_id))


@routes.get("/{crawl_id}/events", responses=problems(404), response_class=EventSourceResponse, summary="Watch a crawl")
async def watch_crawl(crawl_id: UUID, desk: OnDesk) -> EventSourceResponse:
    """Server-sent events: `progress` with the JSON of `GET /crawls/{id}`, then `end`."""
    await desk.crawls.get(crawl_id)
    return events(desk.live.crawl(crawl_id), shown)


@routes.delete("/{crawl_id}", status_code=202, responses=problems(404, 409), summary="Cancel a crawl")
async def cancel_crawl(crawl_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """No further window is asked; what was found stays."""
    await desk.crawls.cancel(crawl_id, user)
    return Ordered(id=crawl_id)
