"""PACS as peers: their state, the echo, stop and start with one question before."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.pacs import PacsPage, StopPage
from radquarry.api.pages.routes.shown import gone_to, shown, user_of

SECONDS_FOR_AN_ANSWER = 4.0


def pacs_routes(desk: Desk) -> APIRouter:
    """`/pacs`, `/pacs/{name}/echo`, and the question and the answer at `…/stop` and `…/start`."""
    routes = APIRouter()

    @routes.get("/pacs")
    async def _list(request: Request, echoed: str = "") -> HTMLResponse:
        return await shown(desk, request, PacsPage(await desk.archives.list(), echoed))

    @routes.post("/pacs/{name}/echo")
    async def _echo(request: Request, name: str) -> RedirectResponse:
        asked = await desk.archives.echo(name, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to(f"/pacs?echoed={asked.name}")

    @routes.get("/pacs/{name}/{what}")
    async def _ask(request: Request, name: str, what: Literal["stop", "start"]) -> HTMLResponse:
        return await shown(desk, request, StopPage(await desk.archives.get(name), start=what == "start"))

    @routes.post("/pacs/{name}/stop")
    async def _stop(request: Request, name: str) -> RedirectResponse:
        await desk.archives.stop(name, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to("/pacs")

    @routes.post("/pacs/{name}/start")
    async def _start(request: Request, name: str) -> RedirectResponse:
        await desk.archives.start(name, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to("/pacs")

    return routes
