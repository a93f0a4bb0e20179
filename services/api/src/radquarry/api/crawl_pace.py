"""How fast a crawl goes, and when it may end: looked back over the last minutes, never further."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

SAMPLE_SECONDS = 10
LOOK_BACK_SECONDS = 300
SOONEST_SECONDS = 5
"""What was measured over less says nothing."""
FURTHEST = timedelta(days=3650)


class Done(NamedTuple):
    """What a crawl has done. `settled` studies are searchable, and their report is here or known to be missing."""

    windows: int
    found: int
    settled: int


@dataclass(frozen=True)
class Pace:
    """`rate` in studies settled a minute; None while nothing can be said."""

    rate: float | None = None
    expected_end: datetime | None = None


def sampled(samples: str, now: datetime, before: Done) -> str:
    """`samples` with one more, at most every ten seconds; `before` is what had been done until now."""
    known: list[list[int]] = json.loads(samples)
    second = int(now.timestamp())
    if known and 0 <= second - known[-1][0] < SAMPLE_SECONDS:
        return samples
    kept = [sample for sample in known if 0 <= second - sample[0] <= LOOK_BACK_SECONDS]
    return json.dumps([*kept, [second, *before]], separators=(",", ":"))


def pace(samples: str, now: datetime, done: Done, planned: int | None) -> Pace:
    """Of a crawl under way."""
    known = [sample for sample in json.loads(samples) if now.timestamp() - sample[0] <= LOOK_BACK_SECONDS]
    if not known:
        return Pace(rate=0.0) if samples != "[]" else Pace()
    begin, *then = known[0]
    minutes = (now.timestamp() - begin) / 60
    if minutes * 60 < SOONEST_SECONDS:
        return Pace()
    windows, _, settled = (max(0, new - old) / minutes for new, old in zip(done, then, strict=True))
    left = _minutes_left(done, planned, windows, settled)
    end = None if left is None else _rounded(now, timedelta(minutes=left))
    return Pace(rate=round(settled, 0 if settled >= 10 else 1), expected_end=end)


def _minutes_left(done: Done, planned: int | None, windows: float, settled: float) -> float | None:
    """Windows still to ask, and the studies that are known and to be expected in them, at the speed of late."""
    if planned is None:
        return None
    to_ask = max(0, planned - done.windows)
    awaited = done.found - done.settled + (to_ask * done.found / done.windows if done.windows else 0)
    if (to_ask and not windows) or (awaited and not settled):
        return None
    asking, arriving = (to_ask / windows if to_ask else 0), (awaited / settled if awaited else 0)
    return max(asking, arriving)


def _rounded(now: datetime, left: timedelta) -> datetime | None:
    """To ten seconds where it is near, else to the minute, so that it does not flicker."""
    if left > FURTHEST:
        return None
    step = 10 if left < timedelta(minutes=10) else 60
    seconds = (now + left).timestamp()
    return datetime.fromtimestamp(-(-seconds // step) * step, UTC)
