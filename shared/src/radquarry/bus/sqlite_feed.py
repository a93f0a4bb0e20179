"""The head of a queue, in memory: however many messages wait in the file, only a window of them is here."""

import asyncio
from collections.abc import Callable

from radquarry.bus.sqlite_store import Row

SMALLEST_WINDOW = 64
ROWS_AT_ONCE = 500
SECONDS_BETWEEN_TRIES = 1.0


class Feed:
    """Hands out the rows of one queue in order, each once; reads on when half the window is free.

    `read(after, limit)` gives the rows behind row number `after`.
    """

    def __init__(self, read: Callable[[int, int], asyncio.Future[list[Row]]]) -> None:
        self._read = read
        self._ready: asyncio.Queue[Row] = asyncio.Queue()
        self._window = SMALLEST_WINDOW
        self._held = 0
        self._after = 0
        self._reading = False
        self._more = True

    def widen(self, parallel: int) -> None:
        """Make room for `parallel` more messages in work."""
        self._window += 2 * parallel
        self.wake()

    def wake(self) -> None:
        """There may be new rows."""
        self._more = True
        self._fill()

    async def take(self) -> Row:
        """The next row, when there is one. Call `release` when it is gone from the file."""
        return await self._ready.get()

    def release(self) -> None:
        """One row has left the file."""
        self._held -= 1
        self._fill()

    def _fill(self) -> None:
        room = min(self._window - self._held, ROWS_AT_ONCE)
        if self._more and not self._reading and room >= min(self._window // 2, ROWS_AT_ONCE):
            self._more = False
            self._reading = True
            self._read(self._after, room).add_done_callback(lambda reading: self._filled(reading, room))

    def _filled(self, reading: asyncio.Future[list[Row]], asked: int) -> None:
        self._reading = False
        if reading.cancelled() or reading.exception():
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_TRIES, self.wake)
            return
        rows = reading.result()
        if rows:
            self._after = rows[-1].id
        self._held += len(rows)
        for row in rows:
            self._ready.put_nowait(row)
        self._more |= len(rows) == asked
        self._fill()
