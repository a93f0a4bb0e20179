"""What one process sees of a PACS: how many requests, how long they take, what fails; called from many threads."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from threading import Lock

BATCH = 8
"""Answers of one kind of which the median is taken."""
CLIMBS = 4.0
CLIMBS_SECONDS = 0.1
"""Latency climbs when it is so many times the usual, and so much more than it."""
FORGETS = 1.001
"""What is slow becomes the usual, by this factor a second: ten times as slow within forty minutes."""
OUTCOMES = 20
FAILURES = 4
"""So many lost answers among the last outcomes are trouble; two in a row are, too."""
SAMPLES = 2000


@dataclass(frozen=True)
class Minute:
    """What happened since the last one."""

    seconds: float
    requests: int
    refused: int
    failed: int
    milliseconds_median: float | None
    milliseconds_slowest: float | None


class Usual:
    """How long the answers to one kind of request take as a rule."""

    def __init__(self) -> None:
        self._batch: list[float] = []
        self._usual: float | None = None
        self._at = 0.0

    def climbs(self, seconds: float, now: float) -> bool:
        """Whether one more answer, after so many `seconds`, shows that they take far longer than they used to."""
        self._batch.append(seconds)
        if len(self._batch) < BATCH:
            return False
        middle, self._batch = median(self._batch), []
        usual = middle if self._usual is None else min(middle, self._usual * FORGETS ** (now - self._at))
        self._usual, self._at = usual, now
        return middle > CLIMBS * usual and middle - usual > CLIMBS_SECONDS


class Meter:
    """Of one PACS."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._usual: dict[str, Usual] = {}
        self._outcomes: deque[bool] = deque(maxlen=OUTCOMES)
        self._trouble = ""
        self._is_well = False
        self._begin_minute()

    def _begin_minute(self) -> None:
        self._begun = self._clock()
        self._requests = self._refused = self._failed = 0
        self._slowest: float | None = None
        self._samples: deque[float] = deque(maxlen=SAMPLES)

    def left(self) -> None:
        """A request leaves."""
        with self._lock:
            self._requests += 1

    def answered(self, kind: str, seconds: float) -> None:
        """The first answer to a request came after so many `seconds`."""
        with self._lock:
            self._samples.append(seconds)
            self._slowest = max(seconds, self._slowest or 0.0)
            self._outcomes.append(True)
            if self._usual.setdefault(kind, Usual()).climbs(seconds, self._clock()):
                self._trouble = self._trouble or "it answers far slower than it used to"
            else:
                self._is_well = True

    def failed(self) -> None:
        """A request got no answer, or its association ended within it."""
        with self._lock:
            self._failed += 1
            self._outcomes.append(False)
            lost = list(self._outcomes)
            if lost.count(False) >= FAILURES or lost[-2:] == [False, False]:
                self._trouble = self._trouble or "it ends associations in the middle of its answers"
                self._outcomes.clear()

    def refused(self, reason: str) -> None:
        """No association was to be had."""
        with self._lock:
            self._refused += 1
            self._trouble = self._trouble or reason

    def take_sign(self) -> tuple[str, bool]:
        """Trouble since last asked, in words, or whether all was well."""
        with self._lock:
            sign = self._trouble, self._is_well and not self._trouble
            self._trouble, self._is_well = "", False
            return sign

    def take_minute(self) -> Minute:
        """What happened since last asked."""
        with self._lock:
            minute = Minute(
                seconds=self._clock() - self._begun,
                requests=self._requests,
                refused=self._refused,
                failed=self._failed,
                milliseconds_median=median(self._samples) * 1000 if self._samples else None,
                milliseconds_slowest=self._slowest * 1000 if self._slowest is not None else None,
            )
            self._begin_minute()
            return minute
