"""Retrievals: ordering them from picked studies, watching and steering them."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.estimate import MOST_LINES, MOST_PICKED, estimate_page
from radquarry.api.pages.retrievals import retrieval_page, retrievals_page, worth_a_line
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.pages.study_line import StudyLine, study_line
from radquarry.api.problems import invalid
from radquarry.api.retrievals import RetrievalOrder
from radquarry.errors import PeerAway
from radquarry.messages import RetrievalEstimated

SECONDS_FOR_AN_ESTIMATE = 8.0
MOST_BYTES = 2**53
MOST_TEXT = 2000

Picked = list[str] | None


def retrieval_routes(desk: Desk) -> APIRouter:
    """`/retrievals`, `/retrievals/new`, `/retrievals/{id}` and its controls."""
    routes = APIRouter()

    @routes.get("/retrievals")
    async def _list(request: Request, after: str | None = None) -> HTMLResponse:
        return await shown(desk, request, retrievals_page(await desk.retrievals.list(25, after)))

    @routes.get("/retrievals/new")
    async def _estimate(
        request: Request,
        study: Annotated[Picked, Query()] = None,
        back: Annotated[str, Query(max_length=8192)] = "/",
        windows: Annotated[str, Query(max_length=MOST_TEXT)] = "",
    ) -> HTMLResponse:
        order = RetrievalOrder(_picked(study), windows=_lines_of(windows))
        said, lines = await asyncio.gather(
            _estimated(desk, order, user_of(request)), _lines(desk, order.studies[:MOST_LINES])
        )
        return await shown(desk, request, estimate_page(order, lines, said, back))

    @routes.post("/retrievals")
    async def _order(
        request: Request,
        study: Annotated[Picked, Form()] = None,
        estimated_bytes: Annotated[int | None, Form(ge=0, le=MOST_BYTES)] = None,
        key: Annotated[str | None, Form(max_length=64)] = None,
        windows: Annotated[str, Form(max_length=MOST_TEXT)] = "",
    ) -> RedirectResponse:
        order = RetrievalOrder(_picked(study), estimated_bytes=estimated_bytes, windows=_lines_of(windows))
        return gone_to(f"/retrievals/{await desk.retrievals.request(order, user_of(request), key)}")

    @routes.get("/retrievals/{retrieval_id}")
    async def _one(request: Request, retrieval_id: UUID) -> HTMLResponse:
        retrieval = await desk.retrievals.get(retrieval_id)
        named = worth_a_line(retrieval)
        lines, viewable = await asyncio.gather(_lines(desk, named), desk.images.here(named))
        return await shown(desk, request, retrieval_page(retrieval, lines, viewable))

    @routes.post("/retrievals/{retrieval_id}/{what}")
    async def _steer(
        request: Request, retrieval_id: UUID, what: Literal["pause", "resume", "cancel"]
    ) -> RedirectResponse:
        steer = {"pause": desk.retrievals.pause, "resume": desk.retrievals.resume, "cancel": desk.retrievals.cancel}
        await steer[what](retrieval_id, user_of(request))
        return gone_to(f"/retrievals/{retrieval_id}")

    return routes


def _picked(study: Picked) -> tuple[str, ...]:
    if not study:
        raise invalid("No study was picked: tick the ones to retrieve.")
    if len(study) > MOST_PICKED:
        raise invalid(f"At most {MOST_PICKED} studies are ordered here at a time; programs may order more.")
    return tuple(dict.fromkeys(study))


def _lines_of(windows: str) -> tuple[str, ...]:
    """One window a line, or several with commas between."""
    return tuple(line.strip() for line in re.split(r"[\n,;]", windows) if line.strip())


async def _estimated(desk: Desk, order: RetrievalOrder, user: str) -> RetrievalEstimated | None:
    """None when no answer comes: the order can be given all the same."""
    try:
        return await desk.estimates.estimate(order, user, wait=SECONDS_FOR_AN_ESTIMATE)
    except PeerAway:
        return None


async def _lines(desk: Desk, studies: Sequence[str]) -> dict[str, StudyLine]:
    found = await asyncio.gather(*(desk.index.get(uid) for uid in studies))
    return {document.study_instance_uid: study_line(document) for document in found if document}
