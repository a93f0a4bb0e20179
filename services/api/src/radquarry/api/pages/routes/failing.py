"""What failed: looked at by cause, tried again or given up, one or a whole group."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.failures import failures_page
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.problems import Problem

MOST = 500


def failure_routes(desk: Desk) -> APIRouter:
    """`/failures`, `/failures/replay`, `/failures/discard`."""
    routes = APIRouter()

    @routes.get("/failures")
    async def _list(request: Request, after: str | None = None) -> HTMLResponse:
        listed, count = await desk.failures.list(MOST, after), await desk.failures.count()
        return await shown(desk, request, failures_page(listed, count, await desk.failures.delayed()))

    @routes.post("/failures/{what}")
    async def _settle(
        request: Request, what: Literal["replay", "discard"], failure: Annotated[list[UUID], Form(max_length=MOST)]
    ) -> RedirectResponse:
        settle = desk.failures.replay if what == "replay" else desk.failures.discard
        for failure_id in failure:
            try:
                await settle(failure_id, user_of(request))
            except Problem as problem:
                if problem.kind != "unknown-failure":
                    raise
        return gone_to("/failures")

    return routes
