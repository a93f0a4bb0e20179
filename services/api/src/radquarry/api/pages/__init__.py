"""The web pages: server-rendered, plain links and forms; a few small modules of script add what feels alive."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.error import error_page
from radquarry.api.pages.rendering import static_folder
from radquarry.api.pages.routes.asking_who import asking_routes
from radquarry.api.pages.routes.deciding import decision_routes
from radquarry.api.pages.routes.delivering import delivery_routes
from radquarry.api.pages.routes.failing import failure_routes
from radquarry.api.pages.routes.finding import crawl_routes
from radquarry.api.pages.routes.handing_in import tool_routes
from radquarry.api.pages.routes.knowing import coverage_routes
from radquarry.api.pages.routes.listing import list_routes
from radquarry.api.pages.routes.peers import pacs_routes
from radquarry.api.pages.routes.preferences import preferences_routes
from radquarry.api.pages.routes.reading import reading_routes
from radquarry.api.pages.routes.retrieving import retrieval_routes
from radquarry.api.pages.routes.storing import storage_routes
from radquarry.api.pages.routes.telling_who import telling_routes
from radquarry.api.pages.routes.viewing import viewing_routes
from radquarry.api.pages.static_files import static_files

__all__ = ["error_page", "router", "static_files", "static_folder"]


def router(desk: Desk) -> APIRouter:
    """Every page of the web interface."""
    pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    for area in (
        reading_routes(desk),
        list_routes(desk),
        crawl_routes(desk),
        coverage_routes(desk),
        pacs_routes(desk),
        retrieval_routes(desk),
        decision_routes(desk),
        delivery_routes(desk),
        asking_routes(desk),
        telling_routes(desk),
        tool_routes(desk),
        storage_routes(desk),
        failure_routes(desk),
        viewing_routes(desk),
        preferences_routes(),
    ):
        pages.include_router(area)
    return pages
