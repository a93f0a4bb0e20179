"""One question who is behind a pseudonym: looked at, decided by somebody else, answered once."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.reidentifications import ReidentificationAnswerPage, ReidentificationPage
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.problems import Problem
from radquarry.api.reidentification_answers import Originals
from radquarry.api.reidentification_questions import reason_of
from radquarry.api.rest.tables import as_csv

COLUMNS = ("pseudonym", "attribute", "original")


def telling_routes(desk: Desk) -> APIRouter:
    """`/reidentifications/{id}` and what is decided there."""
    routes = APIRouter(prefix="/reidentifications")

    @routes.get("/{question_id}")
    async def _one(request: Request, question_id: UUID) -> HTMLResponse:
        return await _shown(desk, request, question_id)

    @routes.post("/{question_id}/approve")
    async def _approve(request: Request, question_id: UUID) -> Response:
        await desk.reidentifications.approve(question_id, user_of(request))
        return gone_to(f"/reidentifications/{question_id}")

    @routes.post("/{question_id}/refuse")
    async def _refuse(request: Request, question_id: UUID, reason: Annotated[str, Form()] = "") -> Response:
        try:
            await desk.reidentifications.refuse(question_id, reason_of(reason), user_of(request))
        except Problem as problem:
            if problem.status != 422:
                raise
            return await _shown(desk, request, question_id, problem, typed=reason)
        return gone_to(f"/reidentifications/{question_id}")

    @routes.post("/{question_id}/answer")
    @routes.post("/{question_id}/answer.csv")
    async def _answer(request: Request, question_id: UUID) -> Response:
        user = user_of(request)
        try:
            answer = await desk.reidentifications.fetch(question_id, user)
        except Problem as problem:
            if problem.status not in {409, 410}:
                raise
            return await _shown(desk, request, question_id, problem)
        if request.url.path.endswith(".csv"):
            return _table(question_id, answer)
        question = await desk.reidentifications.get(question_id, user)
        return await shown(desk, request, ReidentificationAnswerPage(question, answer.originals))

    return routes


async def _shown(
    desk: Desk, request: Request, question_id: UUID, problem: Problem | None = None, typed: str = ""
) -> HTMLResponse:
    user = user_of(request)
    question = await desk.reidentifications.get(question_id, user)
    detail, status = (problem.detail, problem.status) if problem else ("", 200)
    page = ReidentificationPage(question, user, desk.reidentifications.may_decide(user), detail, typed)
    return await shown(desk, request, page, status=status)


def _table(question_id: UUID, answer: Originals) -> StreamingResponse:
    async def rows() -> AsyncIterator[tuple[str, str, str]]:
        for each in answer.originals:
            yield each.pseudonym, each.what, each.original

    named = f'attachment; filename="reidentification-{question_id}.csv"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return StreamingResponse(as_csv(COLUMNS, rows()), media_type="text/csv; charset=utf-8", headers=headers)
