"""Retrievals: ordering them from picked studies, watching and steering them."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.retrievals import retrieval_page, retrievals_page, worth_a_line
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.pages.study_line import StudyLine, study_line
from radquarry.api.problems import invalid
from radquarry.api.retrievals import RetrievalOrder, RetrievalView


def retrieval_routes(desk: Desk) -> APIRouter:
    """`/retrievals`, `/retrievals/{id}` and its controls."""
    routes = APIRouter()

    @routes.get("/retrievals")
    async def _list(request: Request, after: str | None = None) -> HTMLResponse:
        return await shown(desk, request, retrievals_page(await desk.retrievals.list(25, after)))

    @routes.post("/retrievals")
    async def _order(request: Request, study: Annotated[list[str] | None, Form()] = None) -> RedirectResponse:
        if not study:
            raise invalid("No study was picked: tick the ones to retrieve.")
        picked = RetrievalOrder(tuple(dict.fromkeys(study)))
        return gone_to(f"/retrievals/{await desk.retrievals.request(picked, user_of(request))}")

    @routes.get("/retrievals/{retrieval_id}")
    async def _one(request: Request, retrieval_id: UUID) -> HTMLResponse:
        retrieval = await desk.retrievals.get(retrieval_id)
        return await shown(desk, request, retrieval_page(retrieval, await _lines(desk, retrieval)))

    @routes.post("/retrievals/{retrieval_id}/{what}")
    async def _steer(
        request: Request, retrieval_id: UUID, what: Literal["pause", "resume", "cancel"]
    ) -> RedirectResponse:
        steer = {"pause": desk.retrievals.pause, "resume": desk.retrievals.resume, "cancel": desk.retrievals.cancel}
        await steer[what](retrieval_id, user_of(request))
        return gone_to(f"/retrievals/{retrieval_id}")

    return routes


async def _lines(desk: Desk, retrieval: RetrievalView) -> dict[str, StudyLine]:
    found = await asyncio.gather(*(desk.index.get(uid) for uid in worth_a_line(retrieval)))
    return {document.study_instance_uid: study_line(document) for document in found if document}
