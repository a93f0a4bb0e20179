"""Search, study, help: the pages people read."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.address import asked
from radquarry.api.pages.doubts import doubts
from radquarry.api.pages.examples import Examples
from radquarry.api.pages.found_words import found_words
from radquarry.api.pages.help import help_page
from radquarry.api.pages.routes.shown import gone_to, shown
from radquarry.api.pages.search import CursorSpent, search_page
from radquarry.api.pages.study import Around, study_page
from radquarry.api.pages.visit import visit
from radquarry.api.problems import unknown
from radquarry.api.searched_days import reach_of, searched_days
from radquarry.index.document import Document
from radquarry.index.fields import FIELDS


def reading_routes(desk: Desk) -> APIRouter:
    """`/`, `/studies/{uid}` and its report as text, `/help`."""
    routes = APIRouter()
    examples = Examples(desk.index, desk.clock)

    @routes.get("/")
    async def _search(request: Request) -> Response:
        wanted = asked(request.query_params)
        language = visit(request).language
        plain = not wanted.href().startswith("/?")
        try:
            page = await search_page(wanted, desk.index, language, await examples.three(language) if plain else ())
        except CursorSpent:
            return gone_to(replace(wanted, after=None).href())
        if wanted.last is not None and page.error is None:
            return gone_to(wanted.href())
        notices = doubts(await reach_of(desk.coverage, wanted.query()), searched_days(wanted.query()))
        hits = [hit.line.uid for hit in page.results.hits] if page.results else []
        page = replace(page, doubts=notices, viewable=await desk.images.here(hits))
        return await shown(desk, request, page, *notices)

    @routes.get("/studies/{study_instance_uid}")
    async def _study(request: Request, study_instance_uid: str, q: str = "") -> HTMLResponse:
        document = await _document(desk, study_instance_uid)
        patient = document.study.patient_id if document.study else ""
        siblings = await desk.index.timeline(patient, document.pacs) if patient else ()
        around = Around(
            siblings=siblings,
            here=await desk.retrievals.instances_here(study_instance_uid),
            viewable=await desk.images.series_here(study_instance_uid),
            words=await found_words(q, study_instance_uid, desk.index),
            changes=await desk.changes.of(study_instance_uid),
        )
        return await shown(desk, request, study_page(document, around))

    @routes.get("/studies/{study_instance_uid}/report.txt")
    async def _report(study_instance_uid: str) -> PlainTextResponse:
        document = await _document(desk, study_instance_uid)
        if document.report is None:
            raise unknown("report")
        return PlainTextResponse(document.report.text, headers={"Cache-Control": "no-store"})

    @routes.get("/help")
    async def _help(request: Request) -> HTMLResponse:
        return await shown(desk, request, help_page(visit(request).language, FIELDS))

    return routes


async def _document(desk: Desk, study_instance_uid: str) -> Document:
    document = await desk.index.get(study_instance_uid)
    if document is None:
        raise unknown("study")
    return document
