"""`/retrievals/{id}/retry` and `…/give-up`: of studies that lack images."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.rest.asking import V1, ByUser, OnDesk, Ordered, problems
from radquarry.api.rest.uids import Uid
from radquarry.api.retrieval_decisions import Chosen
from radquarry.api.retrieval_views import MOST_STUDIES
from radquarry.api.storable import MOST

routes = APIRouter(prefix=f"{V1}/retrievals", tags=["retrievals"])

EXAMPLES: list[Any] = [
    {},
    {"studies": ["1.2.826.0.1.3680043.8.498.2"]},
    {"problem": "the PACS sent nothing for 60 s and was stopped"},
]


class StudiesChosen(BaseModel):
    """Studies of the retrieval: these, or all with a `problem` as `GET /retrievals/{id}` names it; neither is all."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": EXAMPLES})

    studies: tuple[Uid, ...] = Field((), max_length=MOST_STUDIES)
    problem: str = Field("", max_length=MOST)

    def chosen(self) -> Chosen:
        """The choice."""
        return Chosen(self.studies, self.problem)


ALL = StudiesChosen()
Which = Annotated[StudiesChosen, Body(description="No body: every study.")]


@routes.post("/{retrieval_id}/retry", status_code=202, responses=problems(404, 409), summary="Ask again")
async def retry_retrieval(retrieval_id: UUID, desk: OnDesk, user: ByUser, which: Which = ALL) -> Ordered:
    """Studies that are incomplete or wait are asked for at once, with fresh attempts: the retrieval is open again.

    What lacks nothing, or is being sent, stays as it is: asking twice asks once.
    """
    await desk.decisions.retry(retrieval_id, which.chosen(), user)
    return Ordered(id=retrieval_id)


@routes.post("/{retrieval_id}/give-up", status_code=202, responses=problems(404, 409), summary="Give studies up")
async def give_up_studies(retrieval_id: UUID, desk: OnDesk, user: ByUser, which: Which = ALL) -> Ordered:
    """Studies that have not settled end as `incomplete`, with who gave them up and what was wrong before.

    What has arrived stays; a study that is being sent is stopped.
    """
    await desk.decisions.give_up(retrieval_id, which.chosen(), user)
    return Ordered(id=retrieval_id)
