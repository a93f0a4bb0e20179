"""The last steps of every route: a page in its frame, or the way to the next one."""

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.frame import Notice, frame
from radquarry.api.pages.rendering import render
from radquarry.api.pages.visit import visit


async def shown(desk: Desk, request: Request, page: object, *notices: Notice, status: int = 200) -> HTMLResponse:
    """`page` as the visitor wants to see it."""
    seen = visit(request)
    return render(page, seen, await frame(desk, seen, *notices), desk.timezone, status=status)


def gone_to(address: str) -> RedirectResponse:
    """After a form: the page to look at, so that reloading it repeats nothing (RFC 9110 §15.4.4)."""
    return RedirectResponse(address, 303)


def user_of(request: Request) -> str:
    """Who sent the form; empty where nobody has to sign in."""
    return visit(request).user
