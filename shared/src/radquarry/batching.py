"""Many waiting callers, one piece of work: what arrives within a few milliseconds is done together.

batch = Batch(index.merge)
await batch.add(part)        # in each of some hundred handlers that run at once
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = BaseException | None


class Batch(Generic[Item]):
    """Gathers items and hands them to `flush`, one batch at a time, in the order of their arrival.

    A batch is full at `most` items, and goes `seconds` after its first at the latest (or when the batch before is
    done). `flush` returns None when all went well, or one outcome an item: None, or the error its caller is to get.
    What `flush` raises, every caller of that batch gets. A caller who is cancelled before the batch goes takes the
    item along; later it only stops waiting, the work goes on for the others.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome] | None]],
        *,
        most: int = 500,
        seconds: float = 0.005,
    ) -> None:
        self._flush = flush
        self._most = most
        self._seconds = seconds
        self._waiting: list[tuple[Item, asyncio.Future[None]]] = []
        self._full = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> None:
        """Returns when a batch with `item` in it is done; raises what became of this item."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append((item, waiter))
        if len(self._waiting) >= self._most:
            self._full.set()
        if self._work is None:
            self._work = asyncio.create_task(self._until_empty())
        await waiter

    async def _until_empty(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                wanted = [(item, waiter) for item, waiter in self._waiting if not waiter.done()]
                taken, self._waiting = wanted[: self._most], wanted[self._most :]
                if taken:
                    await self._do(taken)
        finally:
            self._work = None
            for _, waiter in self._waiting:
                waiter.cancel()
            self._waiting = []

    async def _gather(self) -> None:
        self._full.clear()
        if len(self._waiting) >= self._most:
            return
        with suppress(TimeoutError):
            # not wait_for: on Python 3.11 it swallows a cancellation that comes as the event is set
            async with asyncio.timeout(self._seconds):
                await self._full.wait()

    async def _do(self, taken: Sequence[tuple[Item, asyncio.Future[None]]]) -> None:
        items = [item for item, _ in taken]
        work = asyncio.create_task(_awaited(self._flush(items)))
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            work.cancel()
            for _, waiter in taken:
                waiter.cancel()
            raise
        for (_, waiter), outcome in zip(taken, _outcomes(work, len(taken)), strict=True):
            if waiter.done():
                continue
            if outcome is None:
                waiter.set_result(None)
            elif isinstance(outcome, asyncio.CancelledError):
                waiter.cancel()
            else:
                waiter.set_exception(outcome)


async def _awaited(flush: Awaitable[Sequence[Outcome] | None]) -> Sequence[Outcome] | None:
    return await flush


def _outcomes(work: "asyncio.Task[Sequence[Outcome] | None]", count: int) -> Sequence[Outcome]:
    if work.cancelled():
        return [asyncio.CancelledError()] * count
    if (error := work.exception()) is not None:
        return [error] * count
    return work.result() or [None] * count
