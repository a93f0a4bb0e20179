"""What every route may ask for: the desk, the user, an Idempotency-Key; and how errors are documented."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel, Field

from radquarry.api.desk import Desk
from radquarry.api.problems import not_in_this_version
from radquarry.api.rest.documents import MEDIA_TYPE

V1 = "/api/v1"
"""In each route's own path, so that metrics name the whole of it."""


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _user(request: Request) -> str:
    user: str = request.state.user
    return user


OnDesk = Annotated[Desk, Depends(_desk)]
ByUser = Annotated[str, Depends(_user)]
WithKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same key is the same order.", examples=["night-2024-06-28"]),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Entries of one page.")]
After = Annotated[str | None, Query(max_length=4096, description="The cursor that the page before gave.")]


class Ordered(BaseModel):
    """The order was taken; its `id` is where to follow it."""

    id: UUID = Field(examples=["0d7b9c1e-6c0e-4f0e-9f6a-0f6f5b1f6a11"])


def refuse_later(value: Any, later: Iterable[str], what: str) -> Any:
    """`value` as it is; raises the problem when it uses a form that is documented for a later version."""
    for form in later:
        if isinstance(value, Mapping) and value.get(form) is not None:
            raise not_in_this_version(f"{what} {form}")
    return value


WHY = {
    401: "No user, or a wrong password (where `api.authentication` is configured).",
    403: "An unknown host or a foreign origin.",
    404: "There is nothing of this id.",
    409: "Too late or too early: `detail` says in which state it is.",
    410: "It was there, and is no more.",
    413: "Too many files, or too large.",
    422: "The request does not fit; `detail` says what to mend.",
    503: "A server of ours does not answer; nothing was done.",
    507: "The disk is full up to its reserve; nothing was taken.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route, for OpenAPI."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        status: {"description": WHY[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted({401, 403, 422, 503, *statuses})
    }
