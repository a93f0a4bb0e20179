"""Questions who is behind a pseudonym: listed, and asked."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from radquarry.api.delivery_views import DeliveryView
from radquarry.api.desk import Desk
from radquarry.api.pages.reidentifications import ReidentificationTyped, new_page, reidentifications_page
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.problems import Problem, no_second_person
from radquarry.api.reidentifications import Which

MOST_DELIVERIES = 200
MENDABLE = {404, 422}


def asking_routes(desk: Desk) -> APIRouter:
    """`/reidentifications`, `/reidentifications/new`."""
    routes = APIRouter(prefix="/reidentifications")

    @routes.get("")
    async def _list(request: Request, which: Which | Literal[""] = "", after: str | None = None) -> HTMLResponse:
        user = _known(request)
        may_decide, waiting = desk.reidentifications.may_decide(user), await desk.reidentifications.waiting(user)
        usual: Which = "waiting" if waiting else "all" if may_decide else "own"
        chosen = which if which and may_decide else usual
        listed = await desk.reidentifications.list(user, 25, after, which=chosen)
        return await shown(
            desk, request, reidentifications_page(listed, chosen, may_decide=may_decide, waiting=waiting)
        )

    @routes.get("/new")
    async def _new(request: Request, delivery: UUID | None = None) -> HTMLResponse:
        _known(request)
        typed = ReidentificationTyped(delivery=str(delivery or ""))
        return await shown(desk, request, new_page(typed, await _deliveries(desk, delivery)))

    @routes.post("")
    async def _ask(request: Request) -> Response:
        user = _known(request)
        async with request.form(max_part_size=1024 * 1024) as sent:
            typed = await ReidentificationTyped.sent(sent)
        try:
            asked = await desk.reidentifications.request(typed.question(), user, typed.key)
        except Problem as problem:
            if problem.status not in MENDABLE:
                raise
            page = new_page(typed, await _deliveries(desk, None), problem)
            return await shown(desk, request, page, status=problem.status)
        return gone_to(f"/reidentifications/{asked}")

    return routes


def _known(request: Request) -> str:
    """Who asks or decides; raises the problem to show where nobody has to sign in."""
    if user := user_of(request):
        return user
    raise no_second_person()


async def _deliveries(desk: Desk, chosen: UUID | None) -> tuple[DeliveryView, ...]:
    """The newest ones that kept a table, and the one that somebody comes from, however old."""
    newest = await desk.deliveries.with_mapping(MOST_DELIVERIES)
    if chosen is None or any(each.id == chosen for each in newest):
        return newest
    wanted = await desk.deliveries.get(chosen)
    return (wanted, *newest) if wanted.deidentify is not None and wanted.mapping else newest
