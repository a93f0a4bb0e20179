"""`/studies`: the search, one study, and the search as a table."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from radquarry.api.audit import audit
from radquarry.api.problems import not_in_this_version, unknown
from radquarry.api.rest.asking import V1, ByUser, OnDesk, problems
from radquarry.api.rest.study_changes import StudyChangesAnswer, StudyChangeShown
from radquarry.api.rest.study_query import StudyQuery
from radquarry.api.rest.study_shapes import COLUMNS, Found, StudyDetail, detail, found, table_row
from radquarry.api.rest.tables import as_csv
from radquarry.api.searched_days import reach_of
from radquarry.dicom.uids import is_uid
from radquarry.index.document import Document

routes = APIRouter(prefix=f"{V1}/studies", tags=["studies"])

CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page of hits, or with `format=csv` all of them.", "content": {"text/csv": {}}}
}


@routes.get("", response_model=Found, responses=problems() | CSV, summary="Search")
async def search(query: Annotated[StudyQuery, Query()], desk: OnDesk, user: ByUser) -> Found | StreamingResponse:
    """Words in Lucene's grammar over reports and study data, filters beside them, facets over all hits."""
    if query.format in ("xlsx", "parquet"):
        raise not_in_this_version(f"format={query.format}")
    wanted = query.wanted()
    if query.format == "csv":
        hits = desk.index.scan(wanted)
        first = await anext(hits, None)  # a query that cannot be read must fail before the answer begins
        audit("search exported", user, length=len(query.q))
        table = as_csv(COLUMNS, _rows(first, hits, query.limit))
        name = {"Content-Disposition": 'attachment; filename="studies.csv"'}
        return StreamingResponse(table, media_type="text/csv", headers=name)
    page, reach = await asyncio.gather(desk.index.search(wanted), reach_of(desk.coverage, wanted))
    audit("searched", user, length=len(query.q), total=page.total, shown=len(page.hits))
    return found(page, reach)


@routes.get("/{study_instance_uid}", responses=problems(404), summary="One study")
async def get_study(study_instance_uid: str, desk: OnDesk, user: ByUser) -> StudyDetail:
    """What the PACS and the RIS said about it, with its series and its report."""
    document = await desk.index.get(study_instance_uid) if is_uid(study_instance_uid) else None
    if document is None:
        raise unknown("study")
    audit("study read", user, study_instance_uid=study_instance_uid)
    return detail(document)


@routes.get("/{study_instance_uid}/changes", responses=problems(404), summary="What became different")
async def get_changes(study_instance_uid: str, desk: OnDesk, user: ByUser) -> StudyChangesAnswer:
    """Newest first; `former` is the study as it was known before the change."""
    changes = await desk.changes.of(study_instance_uid) if is_uid(study_instance_uid) else ()
    if not changes and (not is_uid(study_instance_uid) or await desk.index.get(study_instance_uid) is None):
        raise unknown("study")
    audit("changes of study read", user, study_instance_uid=study_instance_uid, changes=len(changes))
    return StudyChangesAnswer(
        study_instance_uid=study_instance_uid, items=tuple(StudyChangeShown.model_validate(vars(c)) for c in changes)
    )


async def _rows(
    first: Document | None, others: AsyncIterator[Document], limit: int | None
) -> AsyncIterator[tuple[object, ...]]:
    if first is None:
        return
    yield table_row(first)
    written = 1
    async for document in others:
        if limit is not None and written >= limit:
            return
        yield table_row(document)
        written += 1
