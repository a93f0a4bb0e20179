"""QIDO-RS: `/studies`, `/series`, `/instances` and those below a study or a series (PS3.18 section 10.6)."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from radquarry.api.audit import audit
from radquarry.api.dicomweb.accepting import json_type
from radquarry.api.dicomweb.images import ROOT
from radquarry.api.dicomweb.search_query import Level, search_of
from radquarry.api.rest.asking import ByUser, OnDesk

routes = APIRouter(prefix=ROOT, include_in_schema=False)

MORE = '299 radquarry "There are additional results that can be requested"'
NOT_FUZZY = '299 radquarry "The fuzzymatching parameter is not supported. Only literal matching has been performed."'


async def accept_of(request: Request) -> str:
    """The Accept header, or the query parameter in its place (PS3.18 section 8.3.3.1)."""
    return request.query_params.get("accept") or request.headers.get("accept", "")


Accept = Annotated[str, Depends(accept_of)]


@routes.get("/studies")
async def search_studies(request: Request, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """Studies in the archive."""
    return await _found("studies", request, desk, user, accept)


@routes.get("/series")
@routes.get("/studies/{study}/series")
async def search_series(request: Request, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """Series of one study, or of all."""
    return await _found("series", request, desk, user, accept)


@routes.get("/instances")
@routes.get("/studies/{study}/instances")
@routes.get("/studies/{study}/series/{series}/instances")
async def search_instances(request: Request, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """Instances of one series, one study, or all."""
    return await _found("instances", request, desk, user, accept)


async def _found(level: Level, request: Request, desk: OnDesk, user: str, accept: str) -> Response:
    media, search = json_type(accept), search_of(level, request.query_params.multi_items())
    study, series = (request.path_params.get(name, "") for name in ("study", "series"))
    if study:
        await run_in_threadpool(desk.images.folder.demanded, study, series)
    rows, more = await run_in_threadpool(desk.images.searcher.found, search, study, series)
    audit(f"images searched: {level}", user, keys=len(search.keys), shown=len(rows))
    warnings = [text for text, said in ((MORE, more), (NOT_FUZZY, search.fuzzy)) if said]
    headers = {"Warning": ", ".join(warnings)} if warnings else {}
    if not rows:
        return Response(status_code=204, headers=headers)
    return Response(json.dumps(rows, ensure_ascii=False), media_type=media, headers=headers)
