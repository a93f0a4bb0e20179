"""Pages of a list, and the cursor that leads from one to the next."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from radquarry.api.problems import invalid

Item = TypeVar("Item")
MOST = 500


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """One page; `after` is the cursor of the next one, None at the end."""

    items: tuple[Item, ...]
    after: str | None = None


def page_size(limit: int) -> int:
    """`limit`, where it is one."""
    if not 1 <= limit <= MOST:
        raise invalid(f"limit is a number from 1 to {MOST}.")
    return limit


def cursor(moment: datetime, key: UUID) -> str:
    """Where a page ended, in a list that is ordered by time and then by key."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {key}".encode()).decode().rstrip("=")


def position(after: str) -> tuple[datetime, UUID]:
    """What `cursor` was made of; raises the problem to show when it was made by nobody here."""
    try:
        moment, _, key = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode("ascii").partition(" ")
        at, identifier = datetime.fromisoformat(moment), UUID(key)
    except (ValueError, binascii.Error):
        raise invalid("after is not a cursor of this list: leave it out to begin at the top.") from None
    if at.tzinfo is None:
        raise invalid("after is not a cursor of this list: leave it out to begin at the top.")
    return at, identifier
