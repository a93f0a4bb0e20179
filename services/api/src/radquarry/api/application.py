"""The gateway as one application: REST, pages, operators' paths, and what stands before them."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, cast

import structlog
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from radquarry.api import pages
from radquarry.api.audit import audit_page
from radquarry.api.desk import Desk
from radquarry.api.dicomweb import frame_routes, retrieve_routes, search_routes
from radquarry.api.measures import Measures
from radquarry.api.problems import Problem
from radquarry.api.readiness import Probe
from radquarry.api.rest import (
    archive,
    coverage,
    crawl_rows,
    crawls,
    estimates,
    failures,
    operators,
    pacs,
    retrieval_decisions,
    retrievals,
    studies,
)
from radquarry.api.rest.documents import ProblemDocument, answer, problem_of
from radquarry.api.security.answers import Answers
from radquarry.api.security.doors import Doors
from radquarry.api.security.gate import Gate
from radquarry.api.viewer_files import FILES
from radquarry.errors import PeerAway, printable
from radquarry.index.port import QueryRefused

log = structlog.get_logger(__name__)

AREAS = (
    archive,
    pacs,
    crawls,
    crawl_rows,
    coverage,
    studies,
    retrievals,
    retrieval_decisions,
    estimates,
    failures,
    operators,
    search_routes,
    retrieve_routes,
    frame_routes,
)
DESCRIPTION = (
    "Makes an imaging archive searchable by what radiologists wrote, and brings studies home. "
    "Errors are RFC 9457 problem documents; lists page by cursor (`after`)."
)


@dataclass(frozen=True)
class Guard:
    """Who and what is let in: no gate is only for loopback."""

    gate: Gate | None = None
    allowed_hosts: tuple[str, ...] = ()


class Gateway(FastAPI):
    """FastAPI, with our answers' headers around everything it says, its own errors too."""

    def build_middleware_stack(self) -> ASGIApp:
        """See `Answers`."""
        return Answers(super().build_middleware_stack(), self.state.measures.request)

    def openapi(self) -> dict[str, Any]:
        """With the shape of every error."""
        if not self.openapi_schema:
            schema = super().openapi()
            shape = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            shapes = schema.setdefault("components", {}).setdefault("schemas", {})
            shapes["ProblemDocument"] = shape
            for unused in ("HTTPValidationError", "ValidationError"):
                shapes.pop(unused, None)
        return cast("dict[str, Any]", self.openapi_schema)


def build(desk: Desk, measures: Measures, probes: Mapping[str, Probe], guard: Guard) -> FastAPI:
    """Everything a browser or a program can ask."""
    app = Gateway(
        title="radquarry",
        version=version("radquarry-api"),
        description=DESCRIPTION,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.desk, app.state.measures, app.state.probes = desk, measures, probes
    for error in (Problem, PeerAway, QueryRefused, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(error, _refuse)
    app.add_middleware(Doors, gate=guard.gate, allowed_hosts=guard.allowed_hosts)
    for area in AREAS:
        app.include_router(area.routes)
    app.mount("/static", pages.static_files())
    app.mount(FILES, desk.viewer.files())
    app.include_router(pages.router(desk), dependencies=[Depends(audit_page)])
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.kind == "fault":
        log.error("a request failed", reason=printable(error))
    if _is_for_a_reader(request):
        page = pages.error_page(request, problem)
        page.headers.update(problem.headers)
        return page
    return answer(problem)


def _is_for_a_reader(request: Request) -> bool:
    ours = ("/api/", "/health/", "/metrics", "/openapi.json", "/static/", "/dicom-web/")
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(ours)
