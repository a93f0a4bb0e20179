"""Wakes whoever waits for work in this process; other processes are heard of by looking."""

import asyncio


class Bell:
    """Many may wait, each with its own patience."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be work: everybody looks."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Until the next ring, or that long."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
