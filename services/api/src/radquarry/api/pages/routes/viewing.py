"""The viewer's page: OHIF takes every address below `/viewer`, and asks our own DICOMweb for everything else."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.routes.shown import gone_to, shown
from radquarry.api.pages.viewer import PAGE_POLICY, ViewerMissingPage, ViewerPage


def viewing_routes(desk: Desk) -> APIRouter:
    """`/viewer/…`."""
    routes = APIRouter()

    @routes.get("/viewer")
    @routes.get("/viewer/")
    async def _list() -> RedirectResponse:
        return gone_to("/")  # the search is the list of studies

    @routes.get("/viewer/{mode}")
    async def _view(request: Request) -> HTMLResponse:
        installed = desk.viewer.installed()
        if installed is None:
            return await shown(desk, request, ViewerMissingPage(str(desk.viewer.folder)), status=404)
        answer = await shown(desk, request, ViewerPage(installed))
        answer.headers["Content-Security-Policy"] = PAGE_POLICY
        return answer

    return routes
