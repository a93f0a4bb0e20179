"""What a question who is behind a pseudonym looks like to people, and its answer."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from radquarry.api import bulk
from radquarry.api.exchange import UNFETCHED_SECONDS

Stand = Literal["requested", "approved", "answered", "failed", "fetched", "expired"]
KEPT = timedelta(seconds=UNFETCHED_SECONDS)


class Original(BaseModel):
    """What a pseudonym stands for; `what` is the attribute by its keyword."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pseudonym: str
    what: str = ""
    original: str


class Originals(BaseModel):
    """The answer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    originals: tuple[Original, ...]


@dataclass(frozen=True)
class ReidentificationView:
    """Where a question stands; an answer that nobody fetched within a day has expired.

    `problem` is why it has failed: it is asked anew then.
    """

    id: UUID
    delivery_id: UUID
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


def view_of(row: bulk.Found, now: datetime) -> ReidentificationView:
    """From a row of `api_reidentifications`."""
    return ReidentificationView(
        id=row.reidentification_id,
        delivery_id=row.delivery_id,
        pseudonyms=tuple(json.loads(row.pseudonyms)),
        reason=row.reason,
        state=_stand(row, now),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        found=row.found,
        unknown=row.unknown,
        problem=row.problem,
    )


def _stand(row: bulk.Found, now: datetime) -> Stand:
    if row.fetched_at is not None:
        return "fetched"
    if row.approved_at is None:
        return "requested"
    if row.problem:
        return "failed"
    if row.approved_at < now - KEPT:
        return "expired"
    return "approved" if row.answered_at is None else "answered"
