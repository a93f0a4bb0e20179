"""The tools: files handed in, watched, taken away and removed."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.file_job_orders import JobKind
from radquarry.api.file_job_views import FileJobView, RefusedFile
from radquarry.api.file_jobs import Upload
from radquarry.api.file_previews import Preview, preview_in
from radquarry.api.pages.files_at_hand import FileJobPage, Tool, tools_page
from radquarry.api.pages.previewing import Show, preview_page
from radquarry.api.pages.routes.shown import gone_to, shown, user_of
from radquarry.api.problems import Problem

MENDABLE = {403, 408, 413, 415, 422, 507}
PATHS: dict[str, tuple[Tool, JobKind]] = {
    "deidentifications": ("deidentify", "deidentification"),
    "previews": ("deidentify", "preview"),
    "conversions": ("convert", "conversion"),
}


def tool_routes(desk: Desk) -> APIRouter:
    """`/tools` with its forms, `/tools/{id}`."""
    routes = APIRouter()

    @routes.get("/tools")
    async def _tools(request: Request, tool: Tool = "deidentify", after: str | None = None) -> HTMLResponse:
        return await _shown(desk, request, tool, after)

    @routes.post("/tools/deidentifications")
    @routes.post("/tools/previews")
    @routes.post("/tools/conversions")
    async def _hand_in(request: Request) -> Response:
        tool, kind = PATHS[request.url.path.rpartition("/")[2]]
        sent = Upload(request.headers.get("content-type", ""), request.stream(), user_of(request))
        try:
            job_id = await desk.files.bring(kind, sent)
        except Problem as problem:
            if problem.status not in MENDABLE:
                raise
            return await _shown(desk, request, tool, problem=problem)
        return gone_to(f"/tools/{job_id}")

    @routes.get("/tools/{job_id}")
    async def _one(request: Request, job_id: UUID, show: Show = "all", start: int = 0) -> HTMLResponse:
        job = await desk.files.get(None, job_id, user_of(request))
        if job.kind == "preview":
            preview, problem = await _preview(desk, job, user_of(request))
            return await shown(desk, request, preview_page(job, preview, show, start, problem))
        return await shown(desk, request, FileJobPage(job, await _refused(desk, job)))

    @routes.post("/tools/{job_id}/remove")
    async def _remove(request: Request, job_id: UUID) -> RedirectResponse:
        await desk.files.remove(None, job_id, user_of(request))
        return gone_to("/tools")

    return routes


async def _shown(
    desk: Desk, request: Request, tool: Tool, after: str | None = None, *, problem: Problem | None = None
) -> HTMLResponse:
    user = user_of(request)
    listed = await desk.files.list(user, 25, after)
    page = tools_page(desk, user, tool, listed, problem.detail if problem else "")
    return await shown(desk, request, page, status=problem.status if problem else 200)


async def _preview(desk: Desk, job: FileJobView, user: str) -> tuple[Preview | None, str]:
    """The preview, or why there is none to be read."""
    if not job.has_result:
        return None, ""
    try:
        return await preview_in(await desk.files.made(job, "preview.json", user)), ""
    except Problem as problem:
        return None, problem.detail


async def _refused(desk: Desk, job: FileJobView) -> tuple[RefusedFile, ...]:
    return await desk.files.refused(job) if job.has_result and job.refused else ()
