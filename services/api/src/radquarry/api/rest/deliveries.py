"""`/deliveries`: what a retrieval brought, to a destination of the configuration; `/destinations` lists them."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, StreamingResponse
from sse_starlette import EventSourceResponse

from radquarry.api.delivery_views import DeliveredRow
from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, WithKey, problems
from radquarry.api.rest.delivery_orders import DeliveryRequest
from radquarry.api.rest.delivery_shapes import (
    Delivery,
    DeliveryPage,
    DestinationList,
    DestinationShown,
    listed,
    shown,
)
from radquarry.api.rest.events import events
from radquarry.api.rest.open_file import OpenFile
from radquarry.api.rest.tables import as_csv, portions

routes = APIRouter(prefix=V1, tags=["deliveries"])


MANIFEST: dict[int | str, dict[str, Any]] = {
    200: {"description": "One row an instance.", "content": {"text/csv": {}, "application/jsonl": {}}}
}


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
    return DeliveryPage(items=tuple(map(listed, page.items)), after=page.after)


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


@routes.get(
    "/deliveries/{delivery_id}/archive",
    responses=problems(403, 404, 409) | {200: {"content": {"application/zip": {}}}},
    response_class=FileResponse,
    summary="The zip archive of a delivery",
)
async def get_delivery_archive(
    delivery_id: UUID,
    desk: OnDesk,
    user: ByUser,
    number: Annotated[int, Query(ge=1, description="What came later is in archives of its own, from 2.")] = 1,
) -> FileResponse:
    """What left to a destination with `zip: true`, when the delivery has ended; without what was held back.

    For whoever ordered it, and administrators; of identified images for administrators.
    """
    view = await desk.deliveries.get(delivery_id)
    file = await desk.deliveries.destinations.archives.take(view, number, user)
    return OpenFile(file, media_type="application/zip")


@routes.post("/deliveries/{delivery_id}/retry", status_code=202, responses=problems(403, 404, 409), summary="Try again")
async def retry_delivery(delivery_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """At once, with fresh attempts, what did not arrive; what arrived or was held back is not sent again."""
    await desk.deliveries.retry(delivery_id, user, desk.rights)
    return Ordered(id=delivery_id)


@routes.post("/deliveries/{delivery_id}/cancel", status_code=202, responses=problems(404, 409), summary="Cancel")
async def cancel_delivery(delivery_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """Stop for good; what has left stays where it is."""
    await desk.deliveries.cancel(delivery_id, user)
    return Ordered(id=delivery_id)
