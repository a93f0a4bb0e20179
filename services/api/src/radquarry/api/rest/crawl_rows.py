"""`/crawls/{id}/rows`: one result for each row of a list, or each query."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.audit import audit
from radquarry.api.crawl_answers import RowView, Show
from radquarry.api.rest import workbooks
from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, problems
from radquarry.api.rest.tables import as_csv, portions

routes = APIRouter(prefix=f"{V1}/crawls", tags=["crawls"])

TABLES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of rows, or with `format` all of them.",
        "content": {"text/csv": {}, "application/jsonl": {}, workbooks.MEDIA_TYPE: {}},
    }
}
EXAMPLE: dict[str, Any] = {
    "number": 2,
    "accession_number": "A0001235",
    "study_instance_uid": "",
    "patient_id": "PID42",
    "study_date": "2024-03-04",
    "modality": "CT",
    "query": {},
    "link": "patient-date",
    "studies": 1,
    "study_instance_uids": ["1.2.826.0.1.3680043.8.498.7"],
    "problem": "",
    "is_gap": False,
    "is_answered": True,
}


class CrawlRow(BaseModel):
    """What was asked in one row, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    number: int = Field(description="From 1, in the order of the list.")
    accession_number: str
    study_instance_uid: str
    patient_id: str
    study_date: date | None = None
    modality: str
    query: dict[str, str] = Field(description="Of a crawl by queries: what was asked.")
    link: str = Field(description="How sure the studies are those that were meant; empty for a query, and while open.")
    studies: int
    study_instance_uids: tuple[str, ...] = Field(description="At most 100; `studies` counts all.")
    problem: str = Field(description="Why there is nothing, or why it may not be all.")
    is_gap: bool = Field(description="The PACS could not be asked to the end.")
    is_answered: bool


class CrawlRowPage(BaseModel):
    """One page of rows, in the order of the list."""

    items: tuple[CrawlRow, ...]
    after: str | None


class RowQuery(BaseModel):
    """Which rows, and in which form."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    show: Show | Literal[""] = Field("", description="A link class, or found, problem, gap, open; nothing is all.")
    limit: Limit = 100
    after: After = None
    format: Literal["json", "csv", "jsonl", "xlsx"] = Field(
        "json", description="All but json hold every row, not a page."
    )


@routes.get(
    "/{crawl_id}/rows", response_model=CrawlRowPage, responses=problems(404) | TABLES, summary="The rows of a list"
)
async def get_rows(
    crawl_id: UUID, query: Annotated[RowQuery, Query()], desk: OnDesk, user: ByUser
) -> CrawlRowPage | StreamingResponse:
    """One result a row, as it stands now. Empty for a crawl of days."""
    await desk.crawls.get(crawl_id)
    if query.format == "json":
        page = await desk.crawls.rows.list(crawl_id, query.show, query.limit, query.after)
        audit("rows of crawl read", user, crawl_id=str(crawl_id), rows=len(page.items))
        return CrawlRowPage(items=tuple(CrawlRow.model_validate(vars(row)) for row in page.items), after=page.after)
    audit("rows of crawl exported", user, crawl_id=str(crawl_id))
    rows = desk.crawls.rows.all(crawl_id, query.show)
    name = {"Content-Disposition": f'attachment; filename="rows-{crawl_id}.{query.format}"'}
    if query.format == "csv":
        return StreamingResponse(as_csv(CrawlRow.model_fields, _cells(rows)), media_type="text/csv", headers=name)
    if query.format == "xlsx":
        workbook = await workbooks.write_workbook(CrawlRow.model_fields, _cells(rows))
        return StreamingResponse(workbooks.chunks(workbook), media_type=workbooks.MEDIA_TYPE, headers=name)
    return StreamingResponse(portions(_lines(rows)), media_type="application/jsonl", headers=name)


async def _cells(rows: AsyncIterator[RowView]) -> AsyncIterator[tuple[object, ...]]:
    async for row in rows:
        cells = vars(row) | {"query": json.dumps(row.query, ensure_ascii=False) if row.query else ""}
        yield tuple(cells[name] for name in CrawlRow.model_fields)


async def _lines(rows: AsyncIterator[RowView]) -> AsyncIterator[str]:
    async for row in rows:
        yield json.dumps(asdict(row), default=str, ensure_ascii=False) + "\n"
