"""Lists: brought as a file or a paste, looked at as they were understood, then ordered."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.lists.uploads import Upload, upload_of
from radquarry.api.pages.crawl_forms import CrawlForm
from radquarry.api.pages.crawls import list_page
from radquarry.api.pages.routes.finding import shown_again
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.problems import Problem


def list_routes(desk: Desk) -> APIRouter:
    """`/crawls/lists`, `/crawls/lists/{id}`."""
    routes = APIRouter()

    @routes.post("/crawls/lists")
    async def _bring(request: Request) -> Response:
        upload = Upload()
        try:
            upload = await upload_of(request)
            draft = await upload.draft()
            desk.crawls.check(draft.order())
        except Problem as problem:
            return await shown_again(desk, request, CrawlForm.uploaded(upload), problem)
        return gone_to(f"/crawls/lists/{await desk.crawls.drafts.keep(draft, user_of(request))}")

    @routes.get("/crawls/lists/{draft_id}")
    async def _look(request: Request, draft_id: UUID) -> HTMLResponse:
        return await shown(desk, request, list_page(draft_id, await desk.crawls.drafts.get(draft_id, user_of(request))))

    @routes.post("/crawls/lists/{draft_id}")
    async def _order(request: Request, draft_id: UUID) -> RedirectResponse:
        draft = await desk.crawls.drafts.get(draft_id, user_of(request))
        crawl_id = await desk.crawls.request(draft.order(), user_of(request), f"list-{draft_id}")
        return gone_to(f"/crawls/{crawl_id}")

    return routes
