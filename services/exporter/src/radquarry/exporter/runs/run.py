"""A run over many files in several processes; the folder is one run's at a time."""

import asyncio
import fcntl
import multiprocessing
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
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
    unchecked = folder / UNCHECKED
    try:
        unchecked.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(unchecked, os.O_RDONLY)
    except OSError as error:
        raise RunRefused(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunRefused(f"{folder}: another run writes there") from None
        _emptied(unchecked)
        yield
        _emptied(unchecked)
        unchecked.rmdir()
    finally:
        os.close(lock)


def _emptied(folder: Path) -> None:
    for left in folder.iterdir():
        left.unlink()


async def outcomes(
    order: Order, sources: Sequence[Source], processes: int
) -> AsyncIterator[tuple[Source, Outcome, list[Row]]]:
    """Each file's outcome as it comes. Raises `RunRefused`."""
    waiting = batched(sources)
    context = multiprocessing.get_context("spawn")
    loop = asyncio.get_running_loop()
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
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _settle(order: Order) -> None:
    _places[:] = [Workplace(order)]


def _work(batch: Sequence[Source]) -> list[tuple[Source, Outcome, list[Row]]]:
    return [(source, *_places[0].deidentify(source)) for source in batch]


def batched(sources: Sequence[Source]) -> Iterator[Sequence[Source]]:
    """A few at a time, so that processes need not wait for orders."""
    for start in range(0, len(sources), AT_ONCE):
        yield sources[start : start + AT_ONCE]
