"""`/retrievals/estimate`: what a retrieval would bring and take, before it is ordered."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.rest.asking import V1, ByUser, OnDesk, problems
from radquarry.api.rest.retrieval_orders import RetrievalRequest
from radquarry.messages import RetrievalEstimated

routes = APIRouter(prefix=f"{V1}/retrievals", tags=["retrievals"])

ANSWER_SECONDS = 10.0

EXAMPLE: dict[str, Any] = {
    "studies": 2,
    "series": 5,
    "images": 412,
    "bytes": 216530944,
    "already_here": 300,
    "bytes_to_fetch": 58720256,
    "hours": 0.2,
    "ends_at": "2024-06-28T18:12:00Z",
    "free_disk": 1099511627776,
    "fits": True,
    "problems": ["priors are found when their study is retrieved, and are not counted"],
}


def _empty(value: object) -> bool:
    return not value


class Estimate(BaseModel):
    """What is chosen of the studies, what of it is here, how long the rest takes, and whether the disk takes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    studies: int
    series: int
    images: int
    bytes: int
    already_here: int = Field(description="Images that lie in the archive and are not fetched again.")
    bytes_to_fetch: int = Field(description="Of the others; `estimated_bytes` of an order.")
    hours: float | None = Field(
        description="From now to the end, closed hours included, other work not; null: not known, or never."
    )
    ends_at: datetime | None
    free_disk: int | None = Field(description="Bytes left above the archive's reserve; null: its disk is not seen.")
    fits: bool
    reason: str = Field("", exclude_if=_empty, description="Why it does not fit.")
    problems: tuple[str, ...] = Field(description="What was assumed or could not be counted.")


def shown(said: RetrievalEstimated) -> Estimate:
    """The documented shape; the mover names what does not fit after all that it assumed."""
    reason = "" if said.fits or not said.problems else said.problems[-1]
    return Estimate(
        studies=said.studies,
        series=said.series,
        images=said.instances,
        bytes=said.bytes,
        already_here=said.instances_here,
        bytes_to_fetch=said.bytes_to_fetch,
        hours=said.hours,
        ends_at=said.ends_at,
        free_disk=said.free_bytes,
        fits=said.fits,
        reason=reason,
        problems=said.problems[:-1] if reason else said.problems,
    )


@routes.post("/estimate", responses=problems(), summary="What a retrieval would bring and take")
async def estimate_retrieval(order: RetrievalRequest, desk: OnDesk, user: ByUser) -> Estimate:
    """Takes what `POST /retrievals` takes, asks no PACS and orders nothing; 503 when no answer came within 10 s."""
    return shown(await desk.estimates.estimate(order.wanted(), user, wait=ANSWER_SECONDS))
