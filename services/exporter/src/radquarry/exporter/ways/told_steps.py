"""A step in a thread of which is told even where its caller is cancelled meanwhile: what it put there lies there."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


async def to_its_word(step: Callable[[], Made]) -> tuple[Made, bool]:
    """What the step comes to, and whether we were cancelled meanwhile: who then has told of it raises that on."""
    task = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        await asyncio.wait([task])
        return task.result(), True
