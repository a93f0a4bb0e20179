"""How fast an order goes, and when it may end: looked back over the last minutes, never further."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SAMPLE_SECONDS = 10
LOOK_BACK_SECONDS = 300
SOONEST_SECONDS = 5
"""What was measured over less says nothing."""
FURTHEST = timedelta(days=3650)


@dataclass(frozen=True)
class Pace:
    """`rate` a minute, of studies settled by a crawl or images that came for a retrieval; None: nothing can be said."""

    rate: float | None = None
    expected_end: datetime | None = None


def sampled(samples: str, now: datetime, before: Sequence[int]) -> str:
    """`samples` with one more, at most every ten seconds; `before` are the counts until now."""
    known: list[list[int]] = json.loads(samples)
    second = int(now.timestamp())
    if known and 0 <= second - known[-1][0] < SAMPLE_SECONDS:
        return samples
    kept = [sample for sample in known if 0 <= second - sample[0] <= LOOK_BACK_SECONDS]
    return json.dumps([*kept, [second, *before]], separators=(",", ":"))


def speeds(samples: str, now: datetime, counts: Sequence[int]) -> tuple[float, ...] | None:
    """What each count gains a minute; zeros where nothing moved for long, None where nothing can be said yet."""
    known = [sample for sample in json.loads(samples) if now.timestamp() - sample[0] <= LOOK_BACK_SECONDS]
    if not known:
        return (0.0,) * len(counts) if samples != "[]" else None
    begin, *then = known[0]
    minutes = (now.timestamp() - begin) / 60
    if minutes * 60 < SOONEST_SECONDS:
        return None
    return tuple(max(0, new - old) / minutes for new, old in zip(counts, then, strict=True))


def told(rate: float, minutes_left: float | None, now: datetime) -> Pace:
    """In round numbers."""
    end = None if minutes_left is None else _rounded(now, timedelta(minutes=min(minutes_left, 10**9)))
    return Pace(rate=round(rate, 0 if rate >= 10 else 1), expected_end=end)


def _rounded(now: datetime, left: timedelta) -> datetime | None:
    """To ten seconds where it is near, else to the minute, so that it does not flicker."""
    if left > FURTHEST:
        return None
    step = 10 if left < timedelta(minutes=10) else 60
    seconds = (now + left).timestamp()
    return datetime.fromtimestamp(-(-seconds // step) * step, UTC)
