"""`/pacs`: the peers, how they stand, and the administrator's buttons."""

from typing import Any

from fastapi import APIRouter, Response

from radquarry.api.rest.asking import V1, ByUser, OnDesk, problems
from radquarry.api.rest.pacs_shapes import LoadRequest, Minute, PacsAnswer, PacsPage, TrafficAnswer, shown

routes = APIRouter(prefix=f"{V1}/pacs", tags=["pacs"])

ANSWER_SECONDS = 5.0


def _orders() -> dict[int | str, dict[str, Any]]:
    """The error responses of what only administrators may do."""
    documented = problems(404)
    documented[403]["description"] = "Not an administrator; or an unknown host, or a foreign origin."
    return documented


@routes.get("", responses=problems(), summary="All PACS")
async def list_pacs(desk: OnDesk) -> PacsPage:
    """In the order of the configuration: how each stands, its limits, its traffic of 24 hours, its profile."""
    return PacsPage(items=tuple(map(shown, await desk.archives.at_work())))


@routes.get("/{name}", responses=problems(404), summary="One PACS")
async def get_pacs(name: str, desk: OnDesk) -> PacsAnswer:
    """How it stands, its limits, its traffic of 24 hours, its profile."""
    return shown(await desk.archives.one_at_work(name))


@routes.get("/{name}/traffic", responses=problems(404), summary="Traffic of 24 hours, by the minute")
async def get_traffic(name: str, desk: OnDesk) -> TrafficAnswer:
    """Added up over all parts that ask it; minutes in which nothing was asked or said are left out."""
    spans = await desk.archives.traffic(name)
    return TrafficAnswer(pacs=name, minutes=tuple(Minute.model_validate(vars(span)) for span in spans))


@routes.post("/{name}/echo", responses=problems(404), summary="C-ECHO")
async def echo(name: str, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """Ask whether it answers. 200 with its state, or 202 when no answer came within 5 s."""
    asked = desk.clock()
    view = await desk.archives.echo(name, user, wait=ANSWER_SECONDS)
    response.status_code = 200 if view.echoed_at is not None and view.echoed_at >= asked else 202
    return await get_pacs(name, desk)


@routes.post("/{name}/stop", responses=_orders(), summary="Stop all traffic")
async def stop(name: str, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """End our traffic to it within 5 s, until it is started again; 202 when that is not confirmed yet."""
    desk.rights.check(user, "pacs.stop", name)
    view = await desk.archives.stop(name, user, wait=ANSWER_SECONDS)
    response.status_code = 200 if view.state == "stopped" else 202
    return await get_pacs(name, desk)


@routes.post("/{name}/start", responses=_orders(), summary="Take up traffic")
async def start(name: str, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """Allow traffic again; 202 when that is not confirmed yet."""
    desk.rights.check(user, "pacs.start", name)
    view = await desk.archives.start(name, user, wait=ANSWER_SECONDS)
    response.status_code = 200 if view.state != "stopped" else 202
    return await get_pacs(name, desk)


@routes.post("/{name}/probe", status_code=202, responses=_orders(), summary="Find out what it can do")
async def probe(name: str, desk: OnDesk, user: ByUser) -> PacsAnswer:
    """Ask it what it can do; that takes a minute or some, then `profile` is new, or `probe.problem` says why not."""
    desk.rights.check(user, "pacs.probe", name)
    await desk.archives.probe(name, user)
    return await get_pacs(name, desk)


@routes.put("/{name}/load", responses=_orders(), summary="Change its limits")
async def put_load(name: str, load: LoadRequest, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """From now on these limits hold instead of the configured ones; 202 when that is not confirmed yet."""
    desk.rights.check(user, "pacs.limit", name)
    view = await desk.archives.limit(name, load.limits(), user, wait=ANSWER_SECONDS)
    response.status_code = 202 if view.load.ordered_at else 200
    return await get_pacs(name, desk)


@routes.delete("/{name}/load", responses=_orders(), summary="Back to the configured limits")
async def delete_load(name: str, desk: OnDesk, user: ByUser, response: Response) -> PacsAnswer:
    """The limits of the configuration hold again; 202 when that is not confirmed yet."""
    desk.rights.check(user, "pacs.limit", name)
    view = await desk.archives.limit(name, None, user, wait=ANSWER_SECONDS)
    response.status_code = 202 if view.load.ordered_at else 200
    return await get_pacs(name, desk)
