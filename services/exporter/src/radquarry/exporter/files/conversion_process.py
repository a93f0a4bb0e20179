"""A conversion in a process of its own, which starts one that decodes; its libraries are loaded there alone."""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Literal

from radquarry.errors import Permanent

Word = tuple[Literal["total", "converted", "refused", "other", "fault"], str]
"""What the process says, one at a time: how many files there are, what became of one, why it cannot go on."""
MISSING = "conversion is not installed here: radquarry-exporter[convert]"
DIED = "the process that converted files died"
LAST_SECONDS = 5.0
"""In which a process that is not wanted any more ends those that it has started, and removes what they left."""


class ConversionFailed(Permanent):
    """Nothing of the job can be used; the text says why, and names no patient."""


@dataclass(frozen=True)
class Wanted:
    """Files below `given` into `folder`; `table` is the name of one of them."""

    given: Path
    folder: Path
    to: Literal["", "dicom", "nifti", "png", "csv"]
    attributes: tuple[tuple[str, str], ...]
    table: str = ""


async def converted(wanted: Wanted) -> AsyncGenerator[Word, None]:
    """What becomes of each file, as it comes; the report lies in the folder at the end. Raises `ConversionFailed`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_convert, args=(wanted, theirs))
    await asyncio.to_thread(process.start)
    theirs.close()
    try:
        while (word := await asyncio.to_thread(_next, ours)) is not None:
            if word[0] == "fault":
                raise ConversionFailed(word[1])
            yield word
        await asyncio.to_thread(process.join)
        if process.exitcode != 0:
            raise ConversionFailed(DIED)
    finally:
        await asyncio.shield(asyncio.to_thread(_end, process, ours))


def _end(process: SpawnProcess, ours: Connection) -> None:
    process.terminate()
    process.join(LAST_SECONDS)
    process.kill()
    process.join()
    ours.close()


def _next(ours: Connection) -> Word | None:
    """None when there is no more; a cancelled reader ends, too, as the process is killed then."""
    try:
        word: Word = ours.recv()
    except EOFError:
        return None
    return word


def _convert(wanted: Wanted, theirs: Connection) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    try:
        asyncio.run(_said(wanted, theirs))
    except asyncio.CancelledError:
        sys.exit(1)


async def _said(wanted: Wanted, theirs: Connection) -> None:
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        from radquarry.exporter.files.conversion_work import work  # noqa: PLC0415 - its libraries are an extra
    except ImportError:
        theirs.send(("fault", MISSING))
        return
    try:
        async with aclosing(work(wanted)) as words:
            async for word in words:
                theirs.send(word)
    except Permanent as fault:
        theirs.send(("fault", str(fault)))


def _end_with(parent: int) -> None:
    connection.wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(LAST_SECONDS)
    os._exit(1)
