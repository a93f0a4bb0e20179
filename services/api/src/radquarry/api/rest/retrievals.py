"""`/retrievals`: images of studies, into the archive, complete."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, WithKey, problems
from radquarry.api.rest.events import events
from radquarry.api.rest.retrieval_orders import RetrievalRequest
from radquarry.api.rest.tables import as_csv, portions, text_of
from radquarry.api.retrievals import ManifestRow, RetrievalState, RetrievalView

routes = APIRouter(prefix=f"{V1}/retrievals", tags=["retrievals"])


RATE = Field(None, description="Images received a minute, of late; None while nothing can be said.")
EXPECTED_END = Field(None, description="At the speed of late; None while nothing can be said.")


class Instances(BaseModel):
    """Counts over all studies; what is not known to be expected yet is not counted."""

    expected: int
    received: int
    missing: int


def _empty(value: object) -> bool:
    return not value


class RetrievedStudy(BaseModel):
    """Where one study stands; `expected` is null until the PACS has said."""

    study_instance_uid: str
    state: RetrievalState
    expected: int | None
    received: int
    problem: str = Field("", exclude_if=_empty)


EXAMPLE: dict[str, Any] = {
    "id": "5b7e4f86-3f0b-4b7c-a7a6-9a0b0d2f4c55",
    "state": "running",
    "instances": {"expected": 412, "received": 300, "missing": 112},
    "rate": 240.0,
    "expected_end": "2024-06-28T18:19:00Z",
    "windows": ["mon-fri 20:00-06:00"],
    "studies": [
        {
            "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
            "state": "complete",
            "expected": 300,
            "received": 300,
        },
        {
            "study_instance_uid": "1.2.826.0.1.3680043.8.498.2",
            "state": "waiting",
            "expected": 112,
            "received": 0,
            "problem": "near-line: the PACS fetches it from tape",
        },
    ],
}


class Retrieval(BaseModel):
    """Where a retrieval stands: `complete` only when every expected instance is in the archive."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    state: RetrievalState
    instances: Instances
    rate: float | None = RATE
    expected_end: datetime | None = EXPECTED_END
    windows: tuple[str, ...] = Field((), description="The order's own hours; empty is any time.")
    studies: tuple[RetrievedStudy, ...]


class ListedRetrieval(BaseModel):
    """A retrieval in the list."""

    id: UUID
    state: RetrievalState
    instances: Instances
    rate: float | None = RATE
    expected_end: datetime | None = EXPECTED_END
    studies_total: int
    studies_settled: int
    problem_count: int
    priority: int
    requested_by: str
    requested_at: datetime


class RetrievalPage(BaseModel):
    """One page of retrievals, newest first."""

    items: tuple[ListedRetrieval, ...]
    after: str | None


MANIFEST: dict[int | str, dict[str, Any]] = {
    200: {"description": "One row an instance.", "content": {"text/csv": {}, "application/jsonl": {}}}
}


def shown(view: RetrievalView) -> Retrieval:
    """The documented shape."""
    studies = tuple(RetrievedStudy.model_construct(**_study(vars(study))) for study in view.studies)
    return Retrieval.model_construct(
        id=view.id,
        state=view.state,
        instances=_instances(view),
        studies=studies,
        windows=view.windows,
        **_pace(view),
    )


def _study(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "pacs"}


def _instances(view: RetrievalView) -> Instances:
    return Instances(expected=view.expected, received=view.received, missing=view.missing)


def _pace(view: RetrievalView) -> dict[str, Any]:
    return {"rate": view.pace.rate, "expected_end": view.pace.expected_end}


def _listed(view: RetrievalView) -> ListedRetrieval:
    own = ("id", "state", "studies_total", "studies_settled", "problem_count", "priority", "requested_by")
    fields = {name: getattr(view, name) for name in own}
    return ListedRetrieval(instances=_instances(view), requested_at=view.requested_at, **fields, **_pace(view))


def _orders() -> dict[int | str, dict[str, Any]]:
    """The error responses of what only some may order."""
    documented = problems()
    documented[403]["description"] = "Urgent, and not an administrator; or an unknown host, or a foreign origin."
    return documented


@routes.post("", status_code=202, responses=_orders(), summary="Retrieve studies")
async def request_retrieval(order: RetrievalRequest, desk: OnDesk, user: ByUser, key: WithKey = None) -> Ordered:
    """Every study must be in the index: it says which PACS holds it."""
    desk.rights.check_urgent(user, order.priority)
    return Ordered(id=await desk.retrievals.request(order.wanted(), user, key))


@routes.get("", responses=problems(), summary="All retrievals")
async def list_retrievals(desk: OnDesk, limit: Limit = 50, after: After = None) -> RetrievalPage:
    """Newest first."""
    page = await desk.retrievals.list(limit, after)
    return RetrievalPage(items=tuple(map(_listed, page.items)), after=page.after)


@routes.get("/{retrieval_id}", responses=problems(404), summary="Where a retrieval stands")
async def get_retrieval(retrieval_id: UUID, desk: OnDesk) -> Retrieval:
    """Studies in the order of the request."""
    return shown(await desk.retrievals.get(retrieval_id))


@routes.get(
    "/{retrieval_id}/events",
    responses=problems(404),
    response_class=EventSourceResponse,
    summary="Watch a retrieval",
)
async def watch_retrieval(retrieval_id: UUID, desk: OnDesk) -> EventSourceResponse:
    """Server-sent events: `progress` with the JSON of `GET /retrievals/{id}`, then `end`."""
    await desk.retrievals.get(retrieval_id)
    return events(desk.live.retrieval(retrieval_id), shown)


@routes.get(
    "/{retrieval_id}/manifest",
    responses=problems(404) | MANIFEST,
    response_class=StreamingResponse,
    summary="Every instance of a retrieval",
)
async def get_manifest(
    retrieval_id: UUID, desk: OnDesk, form: Annotated[Literal["csv", "jsonl"], Query(alias="format")] = "csv"
) -> StreamingResponse:
    """One row an instance that is expected: its UIDs, whether it came, its file's size and SHA-256, when it left.

    An image leaves the archive `archive.keep_days` after its last delivery; `left_at` is empty while it is here.
    """
    await desk.retrievals.get(retrieval_id)
    rows = desk.retrievals.manifest(retrieval_id)
    name = {"Content-Disposition": f'attachment; filename="retrieval-{retrieval_id}.{form}"'}
    if form == "csv":
        columns = tuple(ManifestRow.__dataclass_fields__)
        table = as_csv(columns, (tuple(vars(row).values()) async for row in rows))
        return StreamingResponse(table, media_type="text/csv", headers=name)
    lines = portions(json.dumps(asdict(row), default=text_of) + "\n" async for row in rows)
    return StreamingResponse(lines, media_type="application/jsonl", headers=name)


@routes.post("/{retrieval_id}/pause", status_code=202, responses=problems(404, 409), summary="Pause")
async def pause_retrieval(retrieval_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """No further move is begun until it is resumed."""
    await desk.retrievals.pause(retrieval_id, user)
    return Ordered(id=retrieval_id)


@routes.post("/{retrieval_id}/resume", status_code=202, responses=problems(404, 409), summary="Resume")
async def resume_retrieval(retrieval_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """Go on after a pause."""
    await desk.retrievals.resume(retrieval_id, user)
    return Ordered(id=retrieval_id)


@routes.post("/{retrieval_id}/cancel", status_code=202, responses=problems(404, 409), summary="Cancel")
async def cancel_retrieval(retrieval_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """Stop for good; what has arrived stays."""
    await desk.retrievals.cancel(retrieval_id, user)
    return Ordered(id=retrieval_id)
