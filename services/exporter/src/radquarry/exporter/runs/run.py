"""A run over many files in several processes; the folder is one run's at a time."""

import asyncio
import fcntl
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import connection
from pathlib import Path

from radquarry.errors import Permanent
from radquarry.exporter.pseudonyms.mapping_file import Row
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import UNCHECKED, Order, Workplace

AT_ONCE = 8
"""Files in one order to a process."""
AHEAD = 3
"""Orders that wait for each process."""
_places: list[Workplace] = []
"""The one workplace of a process of the pool."""


class RunRefused(Permanent):
    """The folder is another run's, or cannot be written; or a process died."""


@contextmanager
def folder_of_one(folder: Path) -> Iterator[None]:
    """Makes the folder for unchecked files, empty, for the time of a run; it goes with all that is in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            (folder / UNCHECKED).mkdir(mode=0o700)
        lock = os.open(folder / UNCHECKED, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if (folder / UNCHECKED).is_symlink():
            raise RunRefused(f"{folder / UNCHECKED}: is a link; it must be a folder of its own") from None
        raise RunRefused(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunRefused(f"{folder}: another run writes there") from None
        _emptied(lock, folder)
        try:
            yield
        finally:
            _emptied(lock, folder)
            with suppress(OSError):
                (folder / UNCHECKED).rmdir()
    finally:
        os.close(lock)


def _emptied(unchecked: int, folder: Path) -> None:
    """By the open folder, which cannot become another one."""
    try:
        for left in os.listdir(unchecked):
            os.unlink(left, dir_fd=unchecked)
    except OSError as error:
        raise RunRefused(f"{folder / UNCHECKED}: cannot be emptied: {error.strerror}") from None


async def outcomes(
    order: Order, sources: Sequence[Source], processes: int
) -> AsyncGenerator[tuple[Source, Outcome, list[Row]], None]:
    """Each file's outcome as it comes. Raises `RunRefused`."""
    waiting = batched(sources)
    context = multiprocessing.get_context("spawn")
    loop = asyncio.get_running_loop()
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_settle, initargs=(order,))
    try:
        under_way = {loop.run_in_executor(pool, _work, batch) for batch in islice(waiting, AHEAD * processes)}
        while under_way:
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            under_way |= {loop.run_in_executor(pool, _work, batch) for batch in islice(waiting, len(done))}
            for ended in done:
                for each in ended.result():
                    yield each
    except BrokenProcessPool:
        raise RunRefused("a process that cleaned files died; the run is not complete") from None
    except (asyncio.CancelledError, GeneratorExit):
        for worker in set(multiprocessing.active_children()) - others:
            worker.kill()  # in the middle of a file: what it has written lies among the unchecked
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _settle(order: Order) -> None:
    """A process of the pool ends when its parent does, however that ended, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _places[:] = [Workplace(order)]


def _end_with(parent: int) -> None:
    connection.wait([parent])
    os._exit(1)


def _work(batch: Sequence[Source]) -> list[tuple[Source, Outcome, list[Row]]]:
    return [(source, *_places[0].deidentify(source)) for source in batch]


def batched(sources: Sequence[Source]) -> Iterator[Sequence[Source]]:
    """A few at a time, so that processes need not wait for orders."""
    for start in range(0, len(sources), AT_ONCE):
        yield sources[start : start + AT_ONCE]
