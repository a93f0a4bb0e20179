"""`/deidentifications`, `/previews`, `/conversions`: work on files at hand, uploaded and taken away again."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from radquarry.api.file_job_orders import FORMATS, JobKind
from radquarry.api.file_job_views import FileJobView
from radquarry.api.file_jobs import Upload
from radquarry.api.file_previews import Preview, preview_in
from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, WithKey, problems
from radquarry.api.rest.events import events
from radquarry.messages import FilesState

routes = APIRouter(prefix=V1, tags=["files at hand"])

KIND: Mapping[str, JobKind] = {
    "deidentifications": "deidentification",
    "conversions": "conversion",
    "previews": "preview",
}
MAKING = ("deidentifications", "conversions")
"""What makes something that can be taken away."""
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
FILES: dict[str, Any] = {"type": "array", "items": {"type": "string", "format": "binary"}}


def _empty(value: object) -> bool:
    return not value


EXAMPLE: dict[str, Any] = {
    "id": "c3b5a2de-4f0e-4a53-8d04-8fa38ee2a6d5",
    "state": "incomplete",
    "files": {"uploaded": 12, "total": 12, "done": 9, "refused": 2, "passed_over": 1},
    "requested_by": "anna",
    "requested_at": "2024-06-28T18:12:00Z",
}


class Counts(BaseModel):
    """`total` is null until what came was looked through: a zip archive counts for what is in it."""

    uploaded: int
    total: int | None
    done: int
    refused: int = Field(description="Held back, or not to be converted; the report says why.")
    passed_over: int = Field(0, description="No DICOM, or a DICOMDIR: not worked on. Counted at the end.")


class FileJob(BaseModel):
    """Where the work stands. With `complete` and `incomplete` there is a result."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    state: FilesState
    files: Counts
    requested_by: str
    requested_at: datetime
    problem: str = Field("", exclude_if=_empty)
    removed: bool = Field(default=False, exclude_if=_empty, description="What was uploaded and made is gone.")


class FileJobPage(BaseModel):
    """One page of jobs, newest first."""

    items: tuple[FileJob, ...]
    after: str | None


def shown(view: FileJobView) -> FileJob:
    """The documented shape."""
    told = {name: getattr(view, name) for name in ("total", "done", "refused", "passed_over")}
    counts = Counts(uploaded=view.files, **told)
    own = {name: getattr(view, name) for name in ("id", "state", "requested_by", "requested_at", "problem")}
    return FileJob.model_construct(files=counts, removed=view.is_removed, **own)


def _form(**fields: Any) -> dict[str, Any]:
    """For OpenAPI."""
    schema = {"type": "object", "required": ["files"], "properties": {"files": FILES, **fields}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


PROJECT = {"type": "string", "examples": ["lung-2024"]}
PROFILE = {"type": "string", "description": "Of `deidentification.profiles`; empty is the usual one."}
DEIDENTIFY = _form(
    project=PROJECT,
    profile=PROFILE,
    mapping={"type": "boolean", "description": "With the table of originals and pseudonyms; for administrators."},
)
PREVIEW = _form(project=PROJECT, profile=PROFILE)
CONVERT = _form(
    to={"type": "string", "enum": list(FORMATS), "description": "Empty: DICOM for images, NIfTI for DICOM."},
    attributes={
        "type": "string",
        "description": "Given for all files: a JSON object by DICOM keyword, or lines `Keyword = value`.",
        "examples": ['{"PatientID": "P1", "StudyDescription": "Fundus"}'],
    },
    table={"type": "string", "description": "A CSV file among them: its name, or the file itself."},
)


async def _upload(request: Request, user: ByUser, key: WithKey = None) -> Upload:
    return Upload(request.headers.get("content-type", ""), request.stream(), user, key)


async def _kind(request: Request) -> JobKind:
    return next(kind for kinds, kind in KIND.items() if request.scope["route"].path.startswith(f"{V1}/{kinds}"))


Sent = Annotated[Upload, Depends(_upload)]
OfKind = Annotated[JobKind, Depends(_kind)]


def _each(
    add: Callable[..., Callable[[Endpoint], Endpoint]], rest: str, of: Collection[str] = KIND, **about: Any
) -> Callable[[Endpoint], Endpoint]:
    """A route of all kinds of work, or of some."""

    def added(endpoint: Endpoint) -> Endpoint:
        for kinds in of:
            add(f"/{kinds}{rest}", **about)(endpoint)
        return endpoint

    return added


def _bringing(kinds: str, form: dict[str, Any], summary: str, about: str) -> None:
    """The POST of one kind of work."""

    async def bring_files(sent: Sent, kind: OfKind, desk: OnDesk) -> Ordered:
        return Ordered(id=await desk.files.bring(kind, sent))

    routes.post(
        f"/{kinds}",
        status_code=202,
        responses=problems(413, 507),
        openapi_extra=form,
        summary=summary,
        description=about,
        name=f"bring_{kinds}",
    )(bring_files)


_bringing(
    "deidentifications",
    DEIDENTIFY,
    "De-identify files at hand",
    "All files or none: an upload that breaks off is removed. Results are kept for a day.",
)
_bringing(
    "previews",
    PREVIEW,
    "What would be done to a file",
    "One file, as for `POST /deidentifications`; nothing is made of it. See `…/changes`.",
)
_bringing(
    "conversions",
    CONVERT,
    "Convert files at hand",
    "Images to DICOM, or DICOM to another format; see `POST /deidentifications` for what becomes of the files.",
)


@_each(routes.get, "", responses=problems(), summary="Files that were brought")
async def list_files(kind: OfKind, desk: OnDesk, user: ByUser, limit: Limit = 50, after: After = None) -> FileJobPage:
    """Your own, newest first; all for administrators."""
    page = await desk.files.list(user, limit, after, kind=kind)
    return FileJobPage(items=tuple(map(shown, page.items)), after=page.after)


@_each(routes.get, "/{job_id}", responses=problems(404), summary="Where the work on files stands")
async def get_files(kind: OfKind, job_id: UUID, desk: OnDesk, user: ByUser) -> FileJob:
    """For whoever brought them, and administrators."""
    return shown(await desk.files.get(kind, job_id, user))


@_each(
    routes.get,
    "/{job_id}/events",
    responses=problems(404),
    response_class=EventSourceResponse,
    summary="Watch the work on files",
)
async def watch_files(kind: OfKind, job_id: UUID, desk: OnDesk, user: ByUser) -> EventSourceResponse:
    """Server-sent events: `progress` with the JSON of the GET, then `end`."""
    await desk.files.get(kind, job_id, user)
    return events(desk.live.files(job_id), shown)


@_each(
    routes.get,
    "/{job_id}/result",
    MAKING,
    responses=problems(404, 409, 410) | {200: {"content": {"application/zip": {}}}},
    response_class=FileResponse,
    summary="What was made of files",
)
async def get_result(kind: OfKind, job_id: UUID, desk: OnDesk, user: ByUser) -> FileResponse:
    """A zip archive; for whoever brought the files, and administrators."""
    view = await desk.files.get(kind, job_id, user)
    file = await desk.files.made(view, "result.zip", user)
    return FileResponse(file, media_type="application/zip", filename=f"{view.kind}-{job_id}.zip")


@_each(
    routes.get,
    "/{job_id}/report",
    MAKING,
    responses=problems(404, 409, 410) | {200: {"content": {"application/json": {}}}},
    response_class=FileResponse,
    summary="What became of each file",
)
async def get_report(kind: OfKind, job_id: UUID, desk: OnDesk, user: ByUser) -> FileResponse:
    """The release report, as JSON."""
    view = await desk.files.get(kind, job_id, user)
    file = await desk.files.made(view, "report.json", user)
    return FileResponse(file, media_type="application/json", filename=f"{view.kind}-{job_id}.json")


@routes.get("/previews/{job_id}/changes", responses=problems(404, 409, 410), summary="What would be done to a file")
async def get_changes(job_id: UUID, desk: OnDesk, user: ByUser) -> Preview:
    """Attribute by attribute, before and after; for whoever brought the file, and administrators."""
    view = await desk.files.get("preview", job_id, user)
    return await preview_in(await desk.files.made(view, "preview.json", user))


@_each(routes.delete, "/{job_id}", status_code=202, responses=problems(404), summary="Remove files")
async def remove_files(kind: OfKind, job_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """Stop the work; what was uploaded and made goes."""
    await desk.files.remove(kind, job_id, user)
    return Ordered(id=job_id)
