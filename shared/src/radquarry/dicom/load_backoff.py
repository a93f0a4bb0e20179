"""How much less a PACS in trouble gets, and how it gets more again: a rule without a clock or a store of its own.

Trouble halves the associations, down to one; at one, nothing leaves for a pause that doubles up to a minute. When
the PACS has answered well for half a minute, one association more is allowed, until all are again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

SETTLES = timedelta(seconds=3)
"""What several see of one trouble within this counts once."""
STEADY = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=60)


@dataclass(frozen=True)
class Ease:
    """What back-off leaves: so many associations, and nothing before a moment; `pauses` at one in a row."""

    allowed: int
    pauses: int
    not_before: datetime
    changed_at: datetime
    reason: str


def troubled(ease: Ease | None, limit: int, now: datetime, reason: str) -> Ease:
    """After trouble; `limit` is what the PACS gets at its best, None stands for that."""
    if ease is not None and now < max(ease.not_before, ease.changed_at + SETTLES):
        return ease
    allowed = min(limit, ease.allowed) if ease else limit
    if allowed > 1:
        return Ease(allowed // 2, 0, now, now, reason)
    pauses = (ease.pauses if ease else 0) + 1
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(pauses - 1, 10))
    return Ease(1, pauses, now + pause, now, reason)


def relieved(ease: Ease | None, limit: int, now: datetime) -> Ease | None:
    """After good answers and no trouble."""
    if ease is None or now < max(ease.not_before, ease.changed_at) + STEADY:
        return ease
    allowed = ease.allowed + 1
    return Ease(allowed, 0, now, now, ease.reason) if allowed < limit else None
