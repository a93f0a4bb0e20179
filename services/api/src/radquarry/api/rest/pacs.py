"""`/pacs`: the peers, their state, and the administrator's buttons."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from radquarry.api.archives import ArchiveState, ArchiveView
from radquarry.api.problems import not_in_this_version
from radquarry.api.rest.asking import V1, ByUser, OnDesk, problems

routes = APIRouter(prefix=f"{V1}/pacs", tags=["pacs"])

ANSWER_SECONDS = 5.0


class PacsLoad(BaseModel):
    """How much traffic it gets from all of us together, as configured."""

    associations: int
    studies_per_hour: int | None
    windows: tuple[str, ...] = Field(description="When studies may be retrieved; none is always.")


class PacsAnswer(BaseModel):
    """One PACS; `up` and `down` are what its last C-ECHO said."""

    name: str
    ae_title: str
    host: str
    port: int
    state: ArchiveState
    stopped_by: str
    stopped_at: datetime | None
    echoed_at: datetime | None
    milliseconds: float | None
    problem: str
    load: PacsLoad


class PacsPage(BaseModel):
    """Every configured PACS."""

    items: tuple[PacsAnswer, ...]
    after: str | None = None


def shown(view: ArchiveView) -> PacsAnswer:
    """The documented shape."""
    return PacsAnswer.model_validate(vars(view) | {"load": vars(view)})


@routes.get("", responses=problems(), summary="All PACS")
async def list_pacs(desk: OnDesk) -> PacsPage:
    """In the order of the configuration."""
    return PacsPage(items=tuple(map(shown, await desk.archives.list())))


@routes.post("/{name}/echo", responses=problems(404), summary="C-ECHO")
async def echo(name: str, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """Ask whether it answers. 200 with its state, or 202 when no answer came within 5 s."""
    asked = desk.clock()
    view = await desk.archives.echo(name, user, wait=ANSWER_SECONDS)
    response.status_code = 200 if view.echoed_at is not None and view.echoed_at >= asked else 202
    return shown(view)


@routes.post("/{name}/stop", responses=problems(404), summary="Stop all traffic")
async def stop(name: str, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """End our traffic to it within 5 s, until it is started again; 202 when that is not confirmed yet."""
    view = await desk.archives.stop(name, user, wait=ANSWER_SECONDS)
    response.status_code = 200 if view.state == "stopped" else 202
    return shown(view)


@routes.post("/{name}/start", responses=problems(404), summary="Take up traffic")
async def start(name: str, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """Allow traffic again; 202 when that is not confirmed yet."""
    view = await desk.archives.start(name, user, wait=ANSWER_SECONDS)
    response.status_code = 200 if view.state != "stopped" else 202
    return shown(view)


@routes.post("/{name}/probe", responses=problems(404), include_in_schema=False)
async def probe(name: str, desk: OnDesk) -> PacsAnswer:
    """Documented for a later version."""
    await desk.archives.get(name)
    raise not_in_this_version("Probing a PACS")
