"""`/crawls`: what a PACS holds, asked day by day, row by row, or query by query."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from radquarry.api.lists.columns import Meaning
from radquarry.api.lists.uploads import FORM, Upload, upload_of
from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, WithKey, problems
from radquarry.api.rest.crawl_orders import CrawlRequest
from radquarry.api.rest.crawl_shapes import Crawl, CrawlPage, shown
from radquarry.api.rest.events import events

routes = APIRouter(prefix=f"{V1}/crawls", tags=["crawls"])


class ListColumn(BaseModel):
    """A column of the list, and what it was understood to hold; without `meaning` it was left out."""

    heading: str
    meaning: Meaning | None = None


class ListNote(BaseModel):
    """Something to look at, such as `numeric` (cells that a spreadsheet kept as numbers), with its counts."""

    kind: str
    values: dict[str, int | str]


class OrderedList(Ordered):
    """The order was taken, and this is how its list was understood."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0d7b9c1e-6c0e-4f0e-9f6a-0f6f5b1f6a11",
                    "rows": 1200,
                    "columns": [
                        {"heading": "AccessionNumber", "meaning": "accession_number"},
                        {"heading": "Remark", "meaning": None},
                    ],
                    "notes": [{"kind": "repeated", "values": {"n": 3}}],
                }
            ]
        }
    )

    rows: int
    columns: tuple[ListColumn, ...]
    notes: tuple[ListNote, ...] = Field(description="Empty where nothing is doubtful.")


@routes.post("", status_code=202, responses=problems(), summary="Start a crawl")
async def request_crawl(order: CrawlRequest, desk: OnDesk, user: ByUser, key: WithKey = None) -> Ordered:
    """Ask a PACS for the studies of days, of a list, of queries or of a RIS's list, and the RIS for their reports."""
    return Ordered(id=await desk.crawls.request(order.wanted(), user, key))


@routes.post("/list", status_code=202, responses=problems(), openapi_extra=FORM, summary="Start a crawl by a file")
async def request_list(
    upload: Annotated[Upload, Depends(upload_of)], desk: OnDesk, user: ByUser, key: WithKey = None
) -> OrderedList:
    """A CSV or Excel file, or a pasted text. Headings are understood in English and German; formulas never run."""
    draft = await upload.draft()
    crawl_id = await desk.crawls.request(draft.order(), user, key)
    return OrderedList(
        id=crawl_id,
        rows=len(draft.rows),
        columns=tuple(ListColumn.model_validate(vars(column)) for column in draft.columns),
        notes=tuple(ListNote.model_validate(vars(note)) for note in draft.notes),
    )


@routes.get("", responses=problems(), summary="All crawls")
async def list_crawls(desk: OnDesk, limit: Limit = 50, after: After = None) -> CrawlPage:
    """Newest first."""
    page = await desk.crawls.list(limit, after)
    return CrawlPage(items=tuple(map(shown, page.items)), after=page.after)


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
    """Nothing further is asked; what was found stays."""
    await desk.crawls.cancel(crawl_id, user)
    return Ordered(id=crawl_id)


@routes.post("/{crawl_id}/resume", status_code=202, responses=problems(404, 409), summary="Resume a crawl")
async def resume_crawl(crawl_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """What a cancelled crawl left unasked is asked after all."""
    await desk.crawls.resume(crawl_id, user)
    return Ordered(id=crawl_id)
