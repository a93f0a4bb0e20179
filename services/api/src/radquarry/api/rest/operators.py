"""`/health` and `/metrics`: for operators and their machines."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from radquarry.api.problems import Problem
from radquarry.api.readiness import readiness

routes = APIRouter(tags=["operators"])


@routes.get("/health/live", summary="Does the process turn")
async def live() -> dict[str, str]:
    """Answers as long as the event loop turns."""
    return {"status": "ok"}


@routes.get("/health/ready", summary="Can it work")
async def ready(request: Request) -> JSONResponse:
    """200 when bus, state store and index answer; else 503, and which of them does not."""
    found = await readiness(request.app.state.probes)
    away = [name for name, answer in found.items() if answer != "ok"]
    if away:
        detail = "; ".join(f"{name}: {found[name]}" for name in away)
        raise Problem(503, "not-ready", "Not ready", detail, peers=found)
    return JSONResponse({"status": "ok", "peers": found})


@routes.get("/metrics", summary="Figures", response_class=Response)
async def metrics(request: Request) -> Response:
    """Prometheus's text format."""
    return Response(await request.app.state.measures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
