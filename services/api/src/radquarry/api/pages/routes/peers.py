"""PACS as peers: their state and limits, the echo, probing, stop and start with one question before."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.load_form import LoadFields, LoadForm, Unfit, fields_of, limits_of, typed
from radquarry.api.pages.pacs import Done, StopPage, one_pacs_page, pacs_page
from radquarry.api.pages.routes.shown import gone_to, shown, user_of

SECONDS_FOR_AN_ANSWER = 4.0


def pacs_routes(desk: Desk) -> APIRouter:
    """`/pacs`, `/pacs/{name}`, and the orders there."""
    routes = APIRouter()

    @routes.get("/pacs")
    async def _list(request: Request, echoed: str = "") -> HTMLResponse:
        may_change = desk.rights.administers(user_of(request))
        page = pacs_page(await desk.archives.at_work(), echoed, _now(desk), may_change=may_change)
        return await shown(desk, request, page)

    @routes.get("/pacs/{name}")
    async def _one(request: Request, name: str, done: Done = "") -> HTMLResponse:
        return await _page(desk, request, name, done=done)

    @routes.post("/pacs/{name}/echo")
    async def _echo(request: Request, name: str, back: Annotated[str, Form()] = "") -> RedirectResponse:
        asked = await desk.archives.echo(name, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to(_at(name, "echo") if back else f"/pacs?{urlencode({'echoed': asked.name})}")

    @routes.post("/pacs/{name}/probe")
    async def _probe(request: Request, name: str) -> RedirectResponse:
        desk.rights.check(user_of(request), "pacs.probe", name)
        await desk.archives.probe(name, user_of(request))
        return gone_to(f"{_at(name, 'probe')}#profile")

    @routes.post("/pacs/{name}/load")
    async def _limit(request: Request, name: str, form: Annotated[LoadForm, Form()]) -> Response:
        desk.rights.check(user_of(request), "pacs.limit", name)
        view = await desk.archives.get(name)
        try:
            limits = limits_of(form, view)
        except Unfit as unfit:
            return await _page(desk, request, name, fields=typed(form, view, unfit.problem))
        await desk.archives.limit(name, limits, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to(_at(name, "limits"))

    @routes.post("/pacs/{name}/load/configured")
    async def _configured(request: Request, name: str) -> RedirectResponse:
        desk.rights.check(user_of(request), "pacs.limit", name)
        await desk.archives.limit(name, None, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to(_at(name, "configured"))

    _stopping(desk, routes)
    return routes


def _stopping(desk: Desk, routes: APIRouter) -> None:
    """The question and the answer at `…/stop` and `…/start`."""

    @routes.get("/pacs/{name}/{what}")
    async def _ask(request: Request, name: str, what: Literal["stop", "start"]) -> HTMLResponse:
        desk.rights.check(user_of(request), f"pacs.{what}", name)
        return await shown(desk, request, StopPage(await desk.archives.get(name), start=what == "start"))

    @routes.post("/pacs/{name}/{what}")
    async def _stop_or_start(request: Request, name: str, what: Literal["stop", "start"]) -> RedirectResponse:
        desk.rights.check(user_of(request), f"pacs.{what}", name)
        order = desk.archives.stop if what == "stop" else desk.archives.start
        await order(name, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to(_at(name, what))


async def _page(
    desk: Desk, request: Request, name: str, *, done: str = "", fields: LoadFields | None = None
) -> HTMLResponse:
    """One PACS; with `fields` as they were typed where something in them does not fit."""
    at_work = await desk.archives.one_at_work(name)
    may_change = desk.rights.administers(user_of(request))
    page = one_pacs_page(at_work, fields or fields_of(at_work.view), done, _now(desk), may_change=may_change)
    return await shown(desk, request, page, status=422 if fields else 200)


def _now(desk: Desk) -> datetime:
    return desk.clock().astimezone(desk.timezone)


def _at(name: str, done: str) -> str:
    """The page of one PACS, which says what the order came to."""
    return f"/pacs/{quote(name, safe='')}?done={done}"
