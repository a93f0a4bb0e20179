"""What lies in the archive."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from radquarry.api.desk import Desk
from radquarry.api.pages.routes.shown import shown
from radquarry.api.pages.storage import storage_page
from radquarry.api.pages.study_line import study_line
from radquarry.errors import PeerAway
from radquarry.messages import ArchiveMeasured

SECONDS_FOR_AN_ANSWER = 8.0
SECONDS_FOR_WHAT_WAS_REFUSED = 3.0


def storage_routes(desk: Desk) -> APIRouter:
    """`/archive/storage`."""
    routes = APIRouter()

    @routes.get("/archive/storage")
    async def _storage(request: Request) -> HTMLResponse:
        said, refused = await asyncio.gather(_measured(desk), desk.storage.refused(wait=SECONDS_FOR_WHAT_WAS_REFUSED))
        damaged = await run_in_threadpool(desk.images.damaged.listed)
        if said is None:
            return await shown(desk, request, storage_page(None, refused, {}, damaged))
        found = await asyncio.gather(*(desk.index.get(one.study_instance_uid) for one in said.largest))
        lines = {document.study_instance_uid: study_line(document) for document in found if document}
        return await shown(desk, request, storage_page(said, refused, lines, damaged))

    return routes


async def _measured(desk: Desk) -> ArchiveMeasured | None:
    try:
        return await desk.storage.measured(wait=SECONDS_FOR_AN_ANSWER)
    except PeerAway:
        return None
