"""`/failures`: what was parked, why, and the way back."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, problems

routes = APIRouter(prefix=f"{V1}/failures", tags=["failures"])


class Failure(BaseModel):
    """One message that nobody could handle: `what` did not happen, and the `reason`."""

    id: UUID
    what: str
    reason: str
    service: str
    topic: str
    attempts: int
    parked_at: datetime
    trail: UUID | None = Field(description="The crawl or retrieval it belongs to.")
    study_instance_uid: str
    day: date | None


class FailurePage(BaseModel):
    """One page of open failures, newest first."""

    items: tuple[Failure, ...]
    after: str | None
    total: int


@routes.get("", responses=problems(), summary="What was parked")
async def list_failures(desk: OnDesk, limit: Limit = 50, after: After = None) -> FailurePage:
    """Newest first."""
    page = await desk.failures.list(limit, after)
    items = tuple(Failure.model_validate(vars(view)) for view in page.items)
    return FailurePage(items=items, after=page.after, total=await desk.failures.count())


@routes.post("/{failure_id}/replay", status_code=202, responses=problems(404), summary="Try again")
async def replay(failure_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """Put the message back into the queue it fell out of."""
    await desk.failures.replay(failure_id, user)
    return Ordered(id=failure_id)


@routes.post("/{failure_id}/discard", status_code=202, responses=problems(404), summary="Give up")
async def discard(failure_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """Forget the message; what it meant stays a problem of its crawl or retrieval."""
    await desk.failures.discard(failure_id, user)
    return Ordered(id=failure_id)
