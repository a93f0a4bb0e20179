"""What becomes of studies that lack images: asked for again, or given up, one or all with the same cause."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from radquarry.api.desk import Desk
from radquarry.api.pages.retrievals import cause_key
from radquarry.api.pages.routes.shown import gone_to, user_of
from radquarry.api.problems import invalid
from radquarry.api.retrieval_decisions import Chosen

SECONDS_UNTIL_IT_SHOWS = 3.0


def decision_routes(desk: Desk) -> APIRouter:
    """`/retrievals/{id}/studies/retry` and `…/give-up`."""
    routes = APIRouter()

    @routes.post("/retrievals/{retrieval_id}/studies/{what}")
    async def _decide(
        request: Request,
        retrieval_id: UUID,
        what: Literal["retry", "give-up"],
        study: Annotated[str, Form(max_length=64)] = "",
        cause: Annotated[str, Form(max_length=64)] = "",
    ) -> RedirectResponse:
        decide = desk.decisions.retry if what == "retry" else desk.decisions.give_up
        chosen = await _chosen(desk, retrieval_id, study, cause)
        if chosen is not None:
            await decide(retrieval_id, chosen, user_of(request), SECONDS_UNTIL_IT_SHOWS)
        return gone_to(f"/retrievals/{retrieval_id}")

    return routes


async def _chosen(desk: Desk, retrieval_id: UUID, study: str, cause: str) -> Chosen | None:
    """None when there is no study with this cause any more: somebody was faster."""
    if study:
        return Chosen(studies=(study,))
    if not cause:
        raise invalid("Choose a study, or a cause.")
    studies = (await desk.retrievals.get(retrieval_id)).studies
    meant = tuple(one.study_instance_uid for one in studies if one.problem and cause_key(one.problem) == cause)
    return Chosen(studies=meant) if meant else None
