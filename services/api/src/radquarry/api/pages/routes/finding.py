"""Crawls: ordering them by days, queries or a RIS; watching, cancelling and resuming them."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from radquarry.api.crawl_answers import Show
from radquarry.api.crawls import CrawlView
from radquarry.api.desk import Desk
from radquarry.api.lists.uploads import MOST_BYTES
from radquarry.api.pages.crawl_forms import CrawlForm, order_form, way_named
from radquarry.api.pages.crawls import ROWS_AT_ONCE, RowsShown, crawl_page, crawls_page, named_in, rows_shown
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.pages.study_line import study_line
from radquarry.api.problems import Problem

SECONDS_FOR_AN_ANSWER = 4.0


class Begun(BaseModel):
    """Where in the list of crawls, and what stands in the form already."""

    after: str | None = Field(None, max_length=4096)
    way: str = ""
    pacs: str = ""
    day: str = ""
    start_date: str = ""
    end_date: str = ""
    modalities: str = ""
    ris: str = ""


def crawl_routes(desk: Desk) -> APIRouter:
    """`/crawls` with its forms, `/crawls/{id}`."""
    routes = APIRouter()

    @routes.get("/crawls")
    async def _list(request: Request, begun: Annotated[Begun, Query()]) -> HTMLResponse:
        days = (begun.start_date or begun.day, begun.end_date or begun.day)
        form = CrawlForm(way_named(begun.way), begun.pacs, *days, modalities=begun.modalities, ris=begun.ris)
        return await shown_with(desk, request, form, begun.after)

    @routes.post("/crawls")
    async def _start(request: Request) -> Response:
        async with request.form(max_part_size=MOST_BYTES) as sent:
            form = CrawlForm.sent(sent)
        try:
            crawl_id = await desk.crawls.request(form.order(), user_of(request), form.key)
        except Problem as problem:
            return await shown_again(desk, request, form, problem)
        return gone_to(f"/crawls/{crawl_id}")

    @routes.get("/crawls/{crawl_id}")
    async def _one(
        request: Request, crawl_id: UUID, show: Show | Literal[""] = "", after: str | None = None
    ) -> HTMLResponse:
        crawl = await desk.crawls.get(crawl_id)
        rows = None if crawl.way == "dates" else await _rows(desk, crawl, show, after)
        return await shown(desk, request, crawl_page(crawl, rows))

    @routes.post("/crawls/{crawl_id}/cancel")
    async def _cancel(request: Request, crawl_id: UUID) -> RedirectResponse:
        await desk.crawls.cancel(crawl_id, user_of(request))
        return gone_to(f"/crawls/{crawl_id}")

    @routes.post("/crawls/{crawl_id}/resume")
    async def _resume(request: Request, crawl_id: UUID) -> RedirectResponse:
        await desk.crawls.resume(crawl_id, user_of(request), wait=SECONDS_FOR_AN_ANSWER)
        return gone_to(f"/crawls/{crawl_id}")

    return routes


async def shown_with(
    desk: Desk, request: Request, form: CrawlForm, after: str | None = None, problem: str = ""
) -> HTMLResponse:
    """All crawls, below this form."""
    listed, order = await desk.crawls.list(25, after), order_form(form, _names(desk), desk.crawls.listing, problem)
    return await shown(desk, request, crawls_page(listed, order), status=422 if problem else 200)


async def shown_again(desk: Desk, request: Request, form: CrawlForm, problem: Problem) -> HTMLResponse:
    """The form as it was typed, with what does not fit; raises what nobody can mend in it."""
    if problem.status != 422:
        raise problem
    return await shown_with(desk, request, form.again(), problem=problem.detail)


def _names(desk: Desk) -> tuple[str, ...]:
    return tuple(desk.archives.names)


async def _rows(desk: Desk, crawl: CrawlView, show: str, after: str | None) -> RowsShown:
    listed = await desk.crawls.rows.list(crawl.id, show, ROWS_AT_ONCE, after)
    found = await asyncio.gather(*(desk.index.get(uid) for uid in named_in(listed)))
    lines = {document.study_instance_uid: study_line(document) for document in found if document}
    return rows_shown(crawl, show, after, listed, lines)
