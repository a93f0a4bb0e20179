"""Connections whose statements come to their end although who asked for them was cancelled.

A driver that is interrupted between a statement and its answer leaves the connection, and on SQLite the write lock,
to nobody: SQLAlchemy closes it in a task that a second cancellation takes away. So here a cancelled caller waits for
the statement in work (milliseconds), and then for the roll-back.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Result = TypeVar("Result")

PATIENCE_SECONDS = 2.0
"""How long a cancelled caller waits for a server that does not answer any more."""


class SteadyConnection(AsyncConnection):
    """An `AsyncConnection` that is cancelled between statements only."""

    async def start(self, is_ctxmanager: bool = False) -> AsyncConnection:  # noqa: FBT001, FBT002 - SQLAlchemy's
        """See `AsyncConnection`."""
        return await to_its_end(super().start(is_ctxmanager))

    async def execute(self, *args: Any, **options: Any) -> Any:
        """See `AsyncConnection`."""
        return await to_its_end(super().execute(*args, **options))

    async def exec_driver_sql(self, *args: Any, **options: Any) -> Any:
        """See `AsyncConnection`."""
        return await to_its_end(super().exec_driver_sql(*args, **options))

    async def run_sync(self, *args: Any, **options: Any) -> Any:
        """See `AsyncConnection`."""
        return await to_its_end(super().run_sync(*args, **options))

    async def close(self) -> None:
        """See `AsyncConnection`; what was not committed is rolled back."""
        await to_its_end(super().close())


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool, given back whatever happens."""
    connection = SteadyConnection(engine)
    try:
        await connection.start()
        yield connection
    finally:
        if connection.sync_connection is not None:
            await connection.close()


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What `work` comes to; when we are cancelled meanwhile, it comes to its end first."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _ended(task)
        raise


async def _ended(task: "asyncio.Task[Any]") -> None:
    """Wait for `task`, however often we are cancelled; beyond our patience it is cancelled too."""
    clock = asyncio.get_running_loop()
    deadline = clock.time() + PATIENCE_SECONDS
    while not task.done():
        left = deadline - clock.time()
        if left <= 0:
            task.cancel()
        try:
            await asyncio.wait([task], timeout=max(left, PATIENCE_SECONDS / 10))
        except asyncio.CancelledError:
            continue
        if left < -PATIENCE_SECONDS:
            return
    if not task.cancelled():
        task.exception()  # looked at, so that nobody complains of an error unseen
