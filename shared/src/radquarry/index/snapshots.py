"""States of an index that are kept for a while, so that the pages of one search fit together."""

from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar
from uuid import uuid4

State = TypeVar("State")


class Snapshots(Generic[State]):
    """At most `most` states, each for `seconds` after its last use; the longest unused goes first.

    Searches run in several threads, so that one at a time looks and changes here.
    """

    def __init__(self, most: int = 16, seconds: float = 600) -> None:
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[str, tuple[State, float]] = OrderedDict()
        self._one_at_a_time = Lock()

    def keep(self, state: State) -> str:
        """A key under which `get` finds this state again."""
        with self._one_at_a_time:
            key = next((key for key, (kept, _) in self._kept.items() if kept is state), uuid4().hex[:12])
            self._kept[key] = state, monotonic() + self._seconds
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return key

    def get(self, key: object) -> State | None:
        """The state kept under `key`, unless it is gone."""
        with self._one_at_a_time:
            for old in [old for old, (_, until) in self._kept.items() if until < monotonic()]:
                del self._kept[old]
            state, _ = self._kept.get(str(key), (None, 0.0))
            return state
