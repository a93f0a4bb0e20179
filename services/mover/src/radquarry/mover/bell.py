"""Wakes whoever waits for something to happen in this process; other processes are heard of by looking."""

import asyncio

MOST_BEHIND = 30.0
"""Seconds; what is told again after a restart came long ago."""


class Bell:
    """Many may wait, each with its own patience."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something happened: everybody looks."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Until the next ring, or that long."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return


class Arrivals(Bell):
    """Rings when instances were entered in the ledger; `behind` is how many seconds after they were announced."""

    def __init__(self) -> None:
        super().__init__()
        self.behind = 0.0

    def entered(self, behind: float) -> None:
        """Some were, that late."""
        self.behind = min(max(0.0, behind), MOST_BEHIND)
        self.ring()
