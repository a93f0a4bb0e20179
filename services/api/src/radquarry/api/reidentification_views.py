"""What a question who is behind a pseudonym looks like to people."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from radquarry.api import bulk
from radquarry.api.exchange import UNFETCHED_SECONDS

Stand = Literal["requested", "refused", "approved", "answered", "failed", "fetched", "expired", "lapsed"]
KEPT = timedelta(seconds=UNFETCHED_SECONDS)


@dataclass(frozen=True)
class ReidentificationView:
    """Where a question stands; an answer that nobody fetched within a day has expired.

    One that nobody decided until `expires_at` has lapsed, which is a refusal by time: `refused_by` is empty then.
    `problem` is why it has failed: it is asked anew then.
    """

    id: UUID
    delivery_id: UUID
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
    refused_by: str = ""
    refused_at: datetime | None = None
    refusal: str = ""
    expires_at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """Until when an answer can be fetched; None before it was approved."""
        return None if self.approved_at is None else self.approved_at + KEPT


def view_of(row: bulk.Found, now: datetime) -> ReidentificationView:
    """From a row of `api_reidentifications`."""
    return ReidentificationView(
        id=row.reidentification_id,
        delivery_id=row.delivery_id,
        project=row.project,
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
        refused_by=row.refused_by,
        refused_at=row.refused_at,
        refusal=row.refusal,
        expires_at=row.expires_at,
    )


def _stand(row: bulk.Found, now: datetime) -> Stand:
    if row.fetched_at is not None:
        return "fetched"
    if row.refused_at is not None:
        return "refused" if row.refused_by else "lapsed"
    if row.approved_at is None:
        return "lapsed" if row.expires_at is not None and row.expires_at <= now else "requested"
    if row.problem:
        return "failed"
    if row.approved_at < now - KEPT:
        return "expired"
    return "approved" if row.answered_at is None else "answered"
