"""How a one-shot command ends: when its work does, or by a signal within two seconds."""

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine
from typing import Any

LAST_WORD_SECONDS = 1.9
"""A library's thread that waits for a name server, say, is not waited for longer."""


def run_to_end(work: Coroutine[Any, Any, int]) -> int:
    """The work's exit code, or 128 + the number of the signal (130 SIGINT, 143 SIGTERM) that cancelled it."""
    told: list[int] = []
    code = asyncio.run(_until_told(work, told))
    return 128 + told[0] if told else code


async def _until_told(work: Coroutine[Any, Any, int], told: list[int]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)

    def end(number: int) -> None:
        if not told:
            told.append(number)
            patience = threading.Timer(LAST_WORD_SECONDS, os._exit, [128 + number])
            patience.daemon = True
            patience.start()
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    try:
        return await task
    except asyncio.CancelledError:
        return 1
