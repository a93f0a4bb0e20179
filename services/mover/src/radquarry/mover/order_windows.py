"""Hours of single orders: which retrievals may not be worked on now, beside what their PACS allow."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from sqlalchemy import select

from radquarry.configuration.week import Hours, WeekWindows
from radquarry.mover.tables import retrievals
from radquarry.state.store import State

LOOK_SECONDS = 1.0


class OrderWindows:
    """Of the retrievals that are open, as their rows have them; `zone` is that of the windows."""

    def __init__(self, state: State, clock: Callable[[], datetime], zone: tzinfo = UTC) -> None:
        self._state = state
        self._clock = clock
        self._known: list[str] = []
        self._read_at = float("-inf")
        self._hours = lru_cache(maxsize=256)(lambda text: Hours(WeekWindows(json.loads(text)), (), zone))

    async def open(self) -> tuple[str, ...]:
        """Those that are open now, each as the rows of its retrievals have it; "" is that of who has none.

        Which there are is read once a second: until then nothing is begun for new ones.
        """
        now, known = self._clock(), await self._all()
        return ("", *(text for text in known if self._hours(text).is_open(now)))

    async def closed(self) -> tuple[str, ...]:
        """Those that are not."""
        now, known = self._clock(), await self._all()
        return tuple(text for text in known if not self._hours(text).is_open(now))

    async def _all(self) -> list[str]:
        if time.monotonic() - self._read_at > LOOK_SECONDS:
            query = select(retrievals.c.windows).where(retrievals.c.windows != "", retrievals.c.closed_at.is_(None))
            self._known = sorted(row.windows for row in await self._state.rows(query.distinct()))
            self._read_at = time.monotonic()
        return self._known

    def reason(self, text: str) -> str:
        """Why these do not let anything be begun now."""
        hours = self._hours(text)
        opens = hours.next_change(self._clock())
        when = "never" if opens is None else f"{opens.astimezone(hours.zone):%a %d %b %H:%M}"
        return f"waits until {when}, when the order's own hours begin"


def written(windows: WeekWindows) -> str:
    """As a row has them; empty where the order has none of its own."""
    return json.dumps(windows.lines) if windows.lines else ""
