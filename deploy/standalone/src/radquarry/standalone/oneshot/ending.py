"""How a one-shot command ends: when its work does, or by a signal within two seconds."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from radquarry.configuration.file import ConfigurationError
from radquarry.errors import faults, printable

LAST_WORD_SECONDS = 1.9
"""A library's thread that waits for a name server, say, is not waited for longer."""


def run_to_end(work: Coroutine[Any, Any, int], say: Callable[[str], None]) -> int:
    """The exit code: the work's, or 1 for an error and 2 for a wrong configuration, each said in our words.

    A signal cancels the work: 130 for SIGINT, 143 for SIGTERM.
    """
    told: list[int] = []
    task = asyncio.run(_until_told(work, told))
    if told:
        return 128 + told[0]
    error = None if task.cancelled() else task.exception()
    if error is None:
        return 1 if task.cancelled() else task.result()
    codes = []
    for fault in faults(error):
        say(str(fault) if isinstance(fault, ConfigurationError) else printable(fault))
        codes.append(2 if isinstance(fault, ConfigurationError) else 1)
    return max(codes)


async def _until_told(work: Coroutine[Any, Any, int], told: list[int]) -> "asyncio.Task[int]":
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
    await asyncio.wait([task])
    return task
