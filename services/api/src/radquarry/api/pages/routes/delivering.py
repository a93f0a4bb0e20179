"""Deliveries: ordering them of a retrieval, watching and steering them."""

import asyncio
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.delivered_archives import ArchivesOf
from radquarry.api.delivery_views import DeliveryView
from radquarry.api.desk import Desk
from radquarry.api.pages.deliveries import NewDeliveryPage, deliveries_page, delivery_page, worth_a_line
from radquarry.api.pages.delivery_form import DeliveryTyped, delivery_form
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.pages.study_line import StudyLine, study_line
from radquarry.api.problems import Problem, invalid

MENDABLE = {403, 422}


def delivery_routes(desk: Desk) -> APIRouter:
    """`/deliveries`, `/deliveries/new`, `/deliveries/{id}` and its controls."""
    routes = APIRouter()

    @routes.get("/deliveries")
    async def _list(request: Request, after: str | None = None) -> HTMLResponse:
        listed = await desk.deliveries.list(25, after)
        page = deliveries_page(listed, has_destinations=bool(desk.deliveries.destinations.list()))
        return await shown(desk, request, page)

    @routes.get("/deliveries/new")
    async def _new(request: Request, retrieval: UUID) -> HTMLResponse:
        form = delivery_form(desk, user_of(request))
        return await shown(desk, request, NewDeliveryPage(await desk.retrievals.get(retrieval), form))

    @routes.post("/deliveries")
    async def _order(request: Request) -> Response:
        async with request.form() as sent:
            typed, retrieval_id = DeliveryTyped.sent(sent), _id(sent.get("retrieval"))
        user = user_of(request)
        try:
            order = typed.order()
            if order is None:
                raise invalid("Choose a destination.")
            delivery_id = await desk.deliveries.request(retrieval_id, order, user, typed.key)
        except Problem as problem:
            if problem.status not in MENDABLE:
                raise
            form = delivery_form(desk, user, typed, problem.detail)
            page = NewDeliveryPage(await desk.retrievals.get(retrieval_id), form)
            return await shown(desk, request, page, status=problem.status)
        return gone_to(f"/deliveries/{delivery_id}")

    @routes.get("/deliveries/{delivery_id}")
    async def _one(request: Request, delivery_id: UUID) -> HTMLResponse:
        delivery = await desk.deliveries.get(delivery_id)
        lines = await lines_of(desk, worth_a_line(delivery))
        has_report = await desk.deliveries.has_report(delivery_id)
        taken = await _taken(desk, delivery, user_of(request))
        return await shown(desk, request, delivery_page(delivery, lines, has_report=has_report, taken=taken))

    @routes.post("/deliveries/{delivery_id}/{what}")
    async def _steer(request: Request, delivery_id: UUID, what: Literal["retry", "cancel"]) -> RedirectResponse:
        if what == "retry":
            await desk.deliveries.retry(delivery_id, user_of(request), desk.rights)
        else:
            await desk.deliveries.cancel(delivery_id, user_of(request))
        return gone_to(f"/deliveries/{delivery_id}")

    return routes


async def lines_of(desk: Desk, studies: Sequence[str]) -> dict[str, StudyLine]:
    """What the index knows of these studies, by StudyInstanceUID."""
    found = await asyncio.gather(*(desk.index.get(uid) for uid in studies))
    return {document.study_instance_uid: study_line(document) for document in found if document}


async def _taken(desk: Desk, delivery: DeliveryView, user: str) -> ArchivesOf | None:
    """What `user` may download of a delivery that leaves as an archive; None where it leaves otherwise."""
    known = desk.deliveries.destinations
    if not any(one.is_zip for one in known.list() if one.name == delivery.destination):
        return None
    return await known.archives.of(delivery, user)


def _id(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise invalid("The form names no retrieval.") from None
