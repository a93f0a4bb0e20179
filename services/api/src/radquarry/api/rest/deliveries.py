"""`/deliveries`: what a retrieval brought, to a destination of the configuration; `/destinations` lists them."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from radquarry.api.delivery_views import DeliveredRow, DeliveryView, Fate
from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, WithKey, problems
from radquarry.api.rest.delivery_orders import Deidentify, DeliveryRequest
from radquarry.api.rest.events import events
from radquarry.api.rest.tables import as_csv, portions
from radquarry.messages import DeliveryState

routes = APIRouter(prefix=V1, tags=["deliveries"])


class DeliveredInstances(BaseModel):
    """Counts over all studies; what is not known to be expected yet is not counted."""

    expected: int
    delivered: int
    held_back: int = Field(description="They may not leave.")
    missing: int = Field(description="The others that are not there.")


def _empty(value: object) -> bool:
    return not value


class DeliveredStudy(BaseModel):
    """Where one study stands; `expected` is null until it is known."""

    study_instance_uid: str
    state: DeliveryState
    expected: int | None
    delivered: int
    held_back: int
    problem: str = Field("", exclude_if=_empty)


class NotDelivered(BaseModel):
    """So many instances did not arrive for this reason."""

    state: Fate = Field(description="`missing`: the retrieval did not bring it; `failed`: the destination took it not.")
    problem: str
    instances: int


EXAMPLE: dict[str, Any] = {
    "id": "8a54cd54-2f36-4a53-8d04-8fa38ee2a6d5",
    "retrieval": "5b7e4f86-3f0b-4b7c-a7a6-9a0b0d2f4c55",
    "destination": "research",
    "deidentify": {"project": "default", "profile": ""},
    "reports": False,
    "mapping": False,
    "state": "incomplete",
    "instances": {"expected": 412, "delivered": 410, "held_back": 2, "missing": 0},
    "findings": 0,
    "studies_total": 1,
    "studies_settled": 1,
    "requested_by": "anna",
    "requested_at": "2024-06-28T18:12:00Z",
    "studies": [
        {
            "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
            "state": "incomplete",
            "expected": 412,
            "delivered": 410,
            "held_back": 2,
            "problem": "2 images were held back",
        }
    ],
    "not_delivered": [{"state": "held back", "problem": "text in the pixels is likely", "instances": 2}],
}


class ListedDelivery(BaseModel):
    """A delivery in the list."""

    id: UUID
    retrieval: UUID
    destination: str
    deidentify: Deidentify | None = Field(description="Null: identified.")
    reports: bool
    mapping: bool
    state: DeliveryState
    instances: DeliveredInstances
    findings: int = Field(description="Of the release check, in files that were held back.")
    studies_total: int
    studies_settled: int
    requested_by: str
    requested_at: datetime
    problem: str = Field("", exclude_if=_empty, description="What stopped the delivery as a whole.")


class Delivery(ListedDelivery):
    """Where a delivery stands: `complete` only when every expected instance was delivered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    studies: tuple[DeliveredStudy, ...]
    not_delivered: tuple[NotDelivered, ...] = Field(
        description="Of studies that have settled, the most frequent first."
    )


class DeliveryPage(BaseModel):
    """One page of deliveries, newest first."""

    items: tuple[ListedDelivery, ...]
    after: str | None


class DestinationShown(BaseModel):
    """A destination of the configuration."""

    name: str
    kind: Literal["directory", "dicom", "dicomweb"]
    identified: bool = Field(description="Whether images may go there that are not de-identified.")


class DestinationList(BaseModel):
    """Every destination, by name."""

    items: tuple[DestinationShown, ...]


MANIFEST: dict[int | str, dict[str, Any]] = {
    200: {"description": "One row an instance.", "content": {"text/csv": {}, "application/jsonl": {}}}
}


def _fields(view: DeliveryView) -> dict[str, Any]:
    how, counts = view.deidentify, ("expected", "delivered", "held_back", "missing")
    own = ("id", "destination", "reports", "mapping", "state", "findings", "studies_total", "studies_settled")
    return {name: getattr(view, name) for name in (*own, "requested_by", "requested_at")} | {
        "retrieval": view.retrieval_id,
        "deidentify": how and Deidentify.model_construct(project=how.project, profile=how.profile),
        "instances": DeliveredInstances(**{name: getattr(view, name) for name in counts}),
        "problem": view.refused or view.problem,
    }


def _listed(view: DeliveryView) -> ListedDelivery:
    return ListedDelivery.model_construct(**_fields(view))


def shown(view: DeliveryView) -> Delivery:
    """The documented shape."""
    studies = tuple(DeliveredStudy.model_construct(**vars(study)) for study in view.studies)
    causes = tuple(NotDelivered.model_construct(**vars(cause)) for cause in view.causes)
    return Delivery.model_construct(**_fields(view), studies=studies, not_delivered=causes)


def _orders() -> dict[int | str, dict[str, Any]]:
    documented = problems(404)
    documented[403]["description"] = (
        "Identified or with mapping, and not an administrator; or an unknown host or origin."
    )
    return documented


@routes.get("/destinations", responses=problems(), summary="Where deliveries may go")
async def list_destinations(desk: OnDesk) -> DestinationList:
    """Names and kinds; addresses and secrets stay in the configuration."""
    known = desk.deliveries.destinations.list()
    return DestinationList(
        items=tuple(DestinationShown(name=each.name, kind=each.kind, identified=each.is_identified) for each in known)
    )


@routes.post("/deliveries", status_code=202, responses=_orders(), summary="Deliver a retrieval")
async def request_delivery(order: DeliveryRequest, desk: OnDesk, user: ByUser, key: WithKey = None) -> Ordered:
    """Finished or under way: each study leaves when it has settled."""
    return Ordered(id=await desk.deliveries.request(order.retrieval, order.wanted(), user, key))


@routes.get("/deliveries", responses=problems(), summary="All deliveries")
async def list_deliveries(
    desk: OnDesk, limit: Limit = 50, after: After = None, retrieval: UUID | None = None
) -> DeliveryPage:
    """Newest first; with `retrieval` only those of it."""
    page = await desk.deliveries.list(limit, after, retrieval)
    return DeliveryPage(items=tuple(map(_listed, page.items)), after=page.after)


@routes.get("/deliveries/{delivery_id}", responses=problems(404), summary="Where a delivery stands")
async def get_delivery(delivery_id: UUID, desk: OnDesk) -> Delivery:
    """Studies in the order of the retrieval."""
    return shown(await desk.deliveries.get(delivery_id))


@routes.get(
    "/deliveries/{delivery_id}/events",
    responses=problems(404),
    response_class=EventSourceResponse,
    summary="Watch a delivery",
)
async def watch_delivery(delivery_id: UUID, desk: OnDesk) -> EventSourceResponse:
    """Server-sent events: `progress` with the JSON of `GET /deliveries/{id}`, then `end`."""
    await desk.deliveries.get(delivery_id)
    return events(desk.live.delivery(delivery_id), shown)


@routes.get(
    "/deliveries/{delivery_id}/manifest",
    responses=problems(404) | MANIFEST,
    response_class=StreamingResponse,
    summary="Every instance of a delivery",
)
async def get_delivery_manifest(
    delivery_id: UUID, desk: OnDesk, form: Annotated[Literal["csv", "jsonl"], Query(alias="format")] = "csv"
) -> StreamingResponse:
    """One row an instance of the studies that have settled: its identified UIDs, its state, and why it is not there."""
    await desk.deliveries.get(delivery_id)
    rows = desk.deliveries.manifest(delivery_id)
    name = {"Content-Disposition": f'attachment; filename="delivery-{delivery_id}.{form}"'}
    if form == "jsonl":
        return StreamingResponse(_lines(rows), media_type="application/jsonl", headers=name)
    columns = tuple(DeliveredRow.__dataclass_fields__)
    table = as_csv(columns, (tuple(vars(row).values()) async for row in rows))
    return StreamingResponse(table, media_type="text/csv", headers=name)


def _lines(rows: AsyncIterator[DeliveredRow]) -> AsyncIterator[bytes]:
    return portions(json.dumps(asdict(row)) + "\n" async for row in rows)


@routes.get(
    "/deliveries/{delivery_id}/report",
    responses=problems(404, 409) | {200: {"content": {"application/json": {}, "text/csv": {}}}},
    response_class=FileResponse,
    summary="The release report of a delivery",
)
async def get_delivery_report(
    delivery_id: UUID, desk: OnDesk, form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json"
) -> FileResponse:
    """What was held back and why, by numbers: it names no original and no patient."""
    file = await desk.deliveries.report(delivery_id, form)
    media_type = "application/json" if form == "json" else "text/csv"
    return FileResponse(file, media_type=media_type, filename=f"release-report-{delivery_id}.{form}")


@routes.post("/deliveries/{delivery_id}/retry", status_code=202, responses=problems(404, 409), summary="Try again")
async def retry_delivery(delivery_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """At once, with fresh attempts, what did not arrive; what arrived or was held back is not sent again."""
    await desk.deliveries.retry(delivery_id, user)
    return Ordered(id=delivery_id)


@routes.post("/deliveries/{delivery_id}/cancel", status_code=202, responses=problems(404, 409), summary="Cancel")
async def cancel_delivery(delivery_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """Stop for good; what has left stays where it is."""
    await desk.deliveries.cancel(delivery_id, user)
    return Ordered(id=delivery_id)
