"""The hospital's own log of who asked what and when: proof of load and of its end, seen from its side."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

_KEPT = 50_000


@dataclass(slots=True)
class Entry:
    """One association or request.

    `kind`: association, refused, c-echo, c-find, c-move, c-get, c-store or http. `at` and `ended` are seconds since
    the epoch; `ended` is None while it lasts. `association` numbers associations from 1; 0 for http.
    """

    kind: str
    at: float
    association: int = 0
    ended: float | None = None
    outcome: str = ""
    answers: int = 0
    detail: dict[str, Any] = field(default_factory=dict)


class Traffic:
    """A thread-safe log of the last entries."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._changed = Condition()

    def begin(self, kind: str, association: int = 0, **detail: Any) -> Entry:
        """Note that something started."""
        entry = Entry(kind, time.time(), association, detail=detail)
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()
        return entry

    def end(self, entry: Entry, outcome: str) -> None:
        """Note that it ended, once; later calls change nothing."""
        with self._changed:
            if entry.ended is None:
                entry.ended = time.time()
                entry.outcome = outcome
            self._changed.notify_all()

    def entries(self, kind: str | None = None, since: float = 0) -> list[Entry]:
        """What started at or after `since`, oldest first."""
        with self._changed:
            return [entry for entry in self._entries if entry.at >= since and kind in {None, entry.kind}]

    def most_parallel(self, kind: str = "association", since: float = 0) -> int:
        """How many of a kind were under way at the same time, at most."""
        edges = []
        for entry in self.entries(kind, since):
            edges += [(entry.at, 1), (entry.ended or float("inf"), -1)]
        highest = running = 0
        for _, step in sorted(edges):
            running += step
            highest = max(highest, running)
        return highest

    def wait_for(self, condition: Callable[["Traffic"], bool], timeout: float = 10) -> None:
        """Block until `condition(traffic)` holds. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while not condition(self):
            with self._changed:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"the hospital saw nothing of the kind in {timeout} s")
                self._changed.wait(min(left, 0.2))

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._entries.clear()
