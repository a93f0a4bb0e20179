"""`/reidentifications`: who is behind a pseudonym, by two people, once."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from radquarry.api.reidentification_answers import Originals
from radquarry.api.reidentification_questions import (
    LEAST_OF_A_REASON,
    MOST_CHARACTERS,
    MOST_OF_A_REASON,
    MOST_PSEUDONYMS,
    Question,
)
from radquarry.api.reidentification_views import ReidentificationView, Stand
from radquarry.api.rest.asking import V1, After, ByUser, Limit, OnDesk, Ordered, WithKey, problems

routes = APIRouter(prefix=f"{V1}/reidentifications", tags=["reidentifications"])

Pseudonym = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=LEAST_OF_A_REASON, max_length=MOST_OF_A_REASON)
]
EXAMPLES: list[Any] = [
    {
        "delivery": "8a54cd54-2f36-4a53-8d04-8fa38ee2a6d5",
        "pseudonyms": ["P-7Q2M-11XC"],
        "reason": "Incidental finding that the patient has to be told of",
    }
]


class ReidentificationRequest(BaseModel):
    """Which pseudonyms of a delivery, and why; the reason is for whoever approves."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": EXAMPLES})

    delivery: UUID
    pseudonyms: tuple[Pseudonym, ...] = Field(min_length=1, max_length=MOST_PSEUDONYMS)
    reason: Reason


class Refusal(BaseModel):
    """Why a question is refused; for whoever asked."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Reason


class Reidentification(BaseModel):
    """Where a question stands: `answered` can be fetched by whoever asked, once, within a day.

    One that nobody decided until `expires_at` has `lapsed`.
    """

    id: UUID
    delivery: UUID
    project: str
    pseudonyms: tuple[str, ...]
    reason: str
    state: Stand
    requested_by: str
    requested_at: datetime
    approved_by: str
    approved_at: datetime | None
    found: int
    unknown: int
    problem: str
    refused_by: str
    refused_at: datetime | None
    refusal: str
    expires_at: datetime | None


class ReidentificationPage(BaseModel):
    """One page of questions, newest first."""

    items: tuple[Reidentification, ...]
    after: str | None


def _shown(view: ReidentificationView) -> Reidentification:
    fields = {name: value for name, value in vars(view).items() if name != "delivery_id"}
    return Reidentification(delivery=view.delivery_id, **fields)


@routes.post("", status_code=202, responses=problems(404), summary="Ask who is behind pseudonyms")
async def request_reidentification(
    asked: ReidentificationRequest, desk: OnDesk, user: ByUser, key: WithKey = None
) -> Ordered:
    """Nothing is resolved until another person, an administrator, approves."""
    question = Question(asked.delivery, asked.pseudonyms, asked.reason)
    return Ordered(id=await desk.reidentifications.request(question, user, key))


@routes.get("", responses=problems(), summary="Questions who is behind pseudonyms")
async def list_reidentifications(
    desk: OnDesk, user: ByUser, limit: Limit = 50, after: After = None
) -> ReidentificationPage:
    """Your own, newest first; all for administrators."""
    page = await desk.reidentifications.list(user, limit, after)
    return ReidentificationPage(items=tuple(map(_shown, page.items)), after=page.after)


@routes.get("/{reidentification_id}", responses=problems(404), summary="Where a question stands")
async def get_reidentification(reidentification_id: UUID, desk: OnDesk, user: ByUser) -> Reidentification:
    """For whoever asked, and administrators."""
    return _shown(await desk.reidentifications.get(reidentification_id, user))


@routes.post("/{reidentification_id}/approve", status_code=202, responses=problems(404, 409), summary="Approve")
async def approve_reidentification(reidentification_id: UUID, desk: OnDesk, user: ByUser) -> Ordered:
    """As an administrator who is not the one who asked."""
    await desk.reidentifications.approve(reidentification_id, user)
    return Ordered(id=reidentification_id)


@routes.post("/{reidentification_id}/refuse", status_code=202, responses=problems(404, 409), summary="Refuse")
async def refuse_reidentification(reidentification_id: UUID, refusal: Refusal, desk: OnDesk, user: ByUser) -> Ordered:
    """As an administrator who is not the one who asked; nothing is resolved."""
    await desk.reidentifications.refuse(reidentification_id, refusal.reason, user)
    return Ordered(id=reidentification_id)


@routes.post(
    "/{reidentification_id}/originals",
    responses=problems(404, 409, 410),
    summary="Fetch the answer, once",
)
async def fetch_originals(reidentification_id: UUID, desk: OnDesk, user: ByUser) -> Originals:
    """For whoever asked alone. The answer is gone with it: a POST, as it changes what is there."""
    return await desk.reidentifications.fetch(reidentification_id, user)
