"""Crawls: ordering them, watching and cancelling them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.crawls import CrawlOrder
from radquarry.api.desk import Desk
from radquarry.api.pages.crawls import CrawlForm, crawl_page, crawls_page
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.problems import Problem, invalid


def crawl_routes(desk: Desk) -> APIRouter:
    """`/crawls` with its form, `/crawls/{id}`."""
    routes = APIRouter()

    @routes.get("/crawls")
    async def _list(request: Request, after: str | None = None, pacs: str = "", day: str = "") -> HTMLResponse:
        form = CrawlForm(pacs=pacs, start_date=day, end_date=day)
        page = crawls_page(await desk.crawls.list(25, after), desk.archives.names, form)
        return await shown(desk, request, page)

    @routes.post("/crawls")
    async def _start(request: Request, form: Annotated[CrawlForm, Form()]) -> Response:
        try:
            order = _order(form)
            crawl_id = await desk.crawls.request(order, user_of(request), form.key)
        except Problem as problem:
            if problem.status != 422:
                raise
            again = CrawlForm(**form.model_dump(exclude={"key"}))
            page = crawls_page(await desk.crawls.list(25), desk.archives.names, again, problem.detail)
            return await shown(desk, request, page, status=422)
        return gone_to(f"/crawls/{crawl_id}")

    @routes.get("/crawls/{crawl_id}")
    async def _one(request: Request, crawl_id: UUID) -> HTMLResponse:
        return await shown(desk, request, crawl_page(await desk.crawls.get(crawl_id)))

    @routes.post("/crawls/{crawl_id}/cancel")
    async def _cancel(request: Request, crawl_id: UUID) -> RedirectResponse:
        await desk.crawls.cancel(crawl_id, user_of(request))
        return gone_to(f"/crawls/{crawl_id}")

    return routes


def _order(form: CrawlForm) -> CrawlOrder:
    """What was typed, as an order; raises the problem to show beside the form."""
    try:
        begin, end = date.fromisoformat(form.start_date), date.fromisoformat(form.end_date or form.start_date)
    except ValueError:
        raise invalid("A date looks like 2023-05-17.") from None
    modalities = form.modalities.replace(",", " ").upper().split()
    return CrawlOrder(form.pacs, begin, end, tuple(dict.fromkeys(modalities)))
