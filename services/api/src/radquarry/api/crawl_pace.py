"""How fast a crawl goes, and when it may end."""

from datetime import datetime
from typing import NamedTuple

from radquarry.api.pace import Pace, speeds, told


class Done(NamedTuple):
    """What a crawl has done. `settled` studies are searchable, and their report is here or known to be missing."""

    windows: int
    found: int
    settled: int


def pace(samples: str, now: datetime, done: Done, planned: int | None) -> Pace:
    """Of a crawl under way, in studies settled a minute."""
    of_late = speeds(samples, now, done)
    if of_late is None:
        return Pace()
    windows, _, settled = of_late
    left = _minutes_left(done, planned, windows, settled) if any(of_late) else None
    return told(settled, left, now)


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
