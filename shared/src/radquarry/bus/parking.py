"""Who a parked message was, read from what is left of it."""

from dataclasses import replace
from uuid import UUID

from pydantic import BaseModel, ValidationError

from radquarry.bus.port import Parked


class _Ids(BaseModel):
    id: UUID | None = None
    trail: UUID | None = None


def with_ids(parked: Parked) -> Parked:
    """The same, with its ids if the body gives any."""
    try:
        ids = _Ids.model_validate_json(parked.body)
    except ValidationError:
        return parked
    return replace(parked, message_id=ids.id, trail=ids.trail)
