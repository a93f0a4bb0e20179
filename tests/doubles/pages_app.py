"""The pages as the application serves them: their headers, their errors, nothing else of the api."""

from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint
from starlette.types import ASGIApp

from radquarry.api import pages
from radquarry.api.problems import Problem, invalid
from radquarry.api.security.answers import Answers
from radquarry.errors import PeerAway


async def _signed_in(request: Request, call_next: RequestResponseEndpoint, *, user: str) -> Response:
    request.state.user = user
    return await call_next(request)


def pages_app(desk, user: str = "") -> ASGIApp:
    """A desk's pages, as `user` sees them."""
    app = FastAPI(openapi_url=None, docs_url=None)
    app.include_router(pages.router(desk))
    app.mount("/static", pages.static_files())
    app.middleware("http")(partial(_signed_in, user=user))

    @app.exception_handler(Problem)
    async def _refused(request: Request, problem: Problem) -> Response:
        return pages.error_page(request, problem)

    @app.exception_handler(PeerAway)
    async def _away(request: Request, error: PeerAway) -> Response:
        return pages.error_page(request, Problem(503, "away", "Away", str(error)))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return pages.error_page(request, Problem(error.status_code, "http", "Refused", str(error.detail)))

    @app.exception_handler(RequestValidationError)
    async def _unfit(request: Request, error: RequestValidationError) -> Response:
        return pages.error_page(request, invalid("The form or the address does not fit."))

    return Answers(app, lambda *_: None)
