"""So many an hour, evenly, over all processes: a bucket of a minute's worth that fills at a constant rate."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

HOUR = timedelta(hours=1)
PORTION_LASTS = timedelta(seconds=10)
"""A process that took leave for several requests at once must use it within this."""
MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Grant:
    """Leave for `count` at once; the bucket's `next_at` after that, and how long none is left (seconds)."""

    count: int
    next_at: datetime
    wait: float = 0.0


def grant(next_at: datetime | None, now: datetime, per_hour: int, wanted: int) -> Grant:
    """As many of `wanted` as there are. In no hour are more than `per_hour` used, even where portions last."""
    burst = per_hour // 60
    each = (HOUR + PORTION_LASTS) / max(1, per_hour - burst)
    begin = max(next_at or now, now)
    room = now + each * burst - begin
    if room < timedelta():
        return Grant(0, begin, -room / timedelta(seconds=1))
    count = min(wanted, math.floor(room / each) + 1)
    return Grant(count, begin + each * count)


class Portion:
    """Leave for requests that this process took; larger while each is used up, so that the store is seldom asked."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left = 0
        self._until: datetime | None = None
        self._size = 1
        self.next_try: datetime | None = None

    def use_one(self, now: datetime) -> bool:
        """Whether there was leave for one more; it is used then."""
        with self._lock:
            if self._until is None or now >= self._until or not self._left:
                return False
            self._left -= 1
            return True

    def wanted(self, per_hour: int, now: datetime) -> int:
        """How many to ask for: a few seconds' worth at most."""
        most = max(1, min(MOST_AT_ONCE, per_hour // 720))
        with self._lock:
            is_used_up = self._left == 0 and self._until is not None and now < self._until
            self._size = min(most, self._size * 2 if is_used_up else 1)
            return self._size

    def add(self, granted: Grant, now: datetime) -> None:
        """What the store gave."""
        with self._lock:
            self._left = granted.count
            self._until = now + PORTION_LASTS if granted.count else self._until
            self.next_try = now + timedelta(seconds=granted.wait)
