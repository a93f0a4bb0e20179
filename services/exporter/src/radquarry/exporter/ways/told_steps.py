"""A step in a thread of which is told even where its caller is cancelled meanwhile: what it put there lies there."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


async def to_its_word(step: Callable[[], Made], stop: Callable[[], None] = lambda: None) -> tuple[Made, bool]:
    """What the step comes to, and whether we were cancelled meanwhile: who then has told of it raises that on.

    `stop` is called when we are cancelled; a step that then fails has put nothing there, and the cancellation goes on.
    """
    task = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        stop()
        await asyncio.wait([task])
        if task.cancelled() or task.exception() is not None:
            raise
        return task.result(), True
