"""What a reader sees when a page cannot be shown."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from radquarry.api.pages.frame import bare_frame
from radquarry.api.pages.rendering import render
from radquarry.api.pages.visible import visible
from radquarry.api.pages.visit import visit
from radquarry.api.problems import Problem

KNOWN = {401, 403, 404, 409, 410, 422, 503}


@dataclass(frozen=True)
class ErrorPage:
    """What went wrong and what to do about it, as keys of the wording; `detail` is the server's own sentence."""

    status: int
    title: str
    advice: str
    detail: str
    again: str


def error_page(request: Request, problem: Problem) -> HTMLResponse:
    """`problem` as a page; asks nobody, for it is shown when nobody answers."""
    seen = visit(request)
    kind = problem.status if problem.status in KNOWN else 500 if problem.status >= 500 else 422
    again = seen.here if request.method == "GET" and problem.status >= 500 else ""
    page = ErrorPage(problem.status, f"error.{kind}", f"error.{kind}.advice", visible(problem.detail or ""), again)
    return render(page, seen, bare_frame(seen), status=problem.status)
