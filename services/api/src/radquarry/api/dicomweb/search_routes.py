"""QIDO-RS: `/studies`, `/series`, `/instances` and those below a study or a series (PS3.18 section 10.6)."""

import json
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from radquarry.api.audit import audit
from radquarry.api.dicomweb.accepting import json_type
from radquarry.api.dicomweb.asking import Accept, At
from radquarry.api.dicomweb.cautions import of_search
from radquarry.api.dicomweb.images import ROOT
from radquarry.api.dicomweb.search_query import Level, Search, search_of
from radquarry.api.rest.asking import ByUser, OnDesk

routes = APIRouter(prefix=ROOT, include_in_schema=False)


@routes.get("/studies")
async def search_studies(request: Request, at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """Studies in the archive."""
    return await _found(_asked("studies", request, accept), at, desk, user)


@routes.get("/series")
@routes.get("/studies/{study}/series")
async def search_series(request: Request, at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """Series of one study, or of all."""
    return await _found(_asked("series", request, accept), at, desk, user)


@routes.get("/instances")
@routes.get("/studies/{study}/instances")
@routes.get("/studies/{study}/series/{series}/instances")
async def search_instances(request: Request, at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """Instances of one series, one study, or all."""
    return await _found(_asked("instances", request, accept), at, desk, user)


@dataclass(frozen=True)
class Asked:
    """A search, and the media type of its answer."""

    search: Search
    media: str


def _asked(level: Level, request: Request, accept: str) -> Asked:
    return Asked(search_of(level, request.query_params.multi_items()), json_type(accept))


async def _found(asked: Asked, at: At, desk: OnDesk, user: str) -> Response:
    if at.study:
        await run_in_threadpool(desk.images.folder.demanded, at.study, at.series)
    found = await run_in_threadpool(desk.images.searcher.found, asked.search, at.study, at.series)
    audit(f"images searched: {asked.search.level}", user, keys=len(asked.search.keys), shown=len(found.rows))
    headers = of_search(asked.search, found).headers
    if not found.rows:
        return Response(status_code=204, headers=headers)
    text = await run_in_threadpool(json.dumps, found.rows, ensure_ascii=False)
    return Response(text, media_type=asked.media, headers=headers)
