"""What lies in the archive."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.routes.shown import shown
from radquarry.api.pages.storage import storage_page
from radquarry.api.pages.study_line import study_line
from radquarry.errors import PeerAway

SECONDS_FOR_AN_ANSWER = 8.0


def storage_routes(desk: Desk) -> APIRouter:
    """`/archive/storage`."""
    routes = APIRouter()

    @routes.get("/archive/storage")
    async def _storage(request: Request) -> HTMLResponse:
        try:
            said = await desk.storage.measured(wait=SECONDS_FOR_AN_ANSWER)
        except PeerAway:
            return await shown(desk, request, storage_page(None, {}))
        found = await asyncio.gather(*(desk.index.get(one.study_instance_uid) for one in said.largest))
        lines = {document.study_instance_uid: study_line(document) for document in found if document}
        return await shown(desk, request, storage_page(said, lines))

    return routes
