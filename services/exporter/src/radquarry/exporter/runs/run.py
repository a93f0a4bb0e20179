"""A run over many files in several processes; the folder is one run's at a time."""

import asyncio
import fcntl
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import aclosing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from multiprocessing import connection
from pathlib import Path
from typing import TypeVar

from radquarry.errors import Permanent
from radquarry.exporter.pseudonyms.keyed import Given
from radquarry.exporter.pseudonyms.mapping_file import Row
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.guarding import DiskFull
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import UNCHECKED, Order, Workplace

AT_ONCE = 8
"""Files in one order to a process."""
AHEAD = 3
"""Orders that wait for each process."""
Done = TypeVar("Done")
_places: list[tuple[Order, Workplace]] = []
"""The one workplace of a process of the pool, and whose it is."""
_given: list[Given] = []
"""The mapping that a process of the pool was given."""


class RunRefused(Permanent):
    """The folder is another run's, or cannot be written; or a process died."""


class ProcessDied(RunRefused):
    """The process that did a piece of work died of it, or was killed."""


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


Cleaned = tuple[Source, Outcome, list[Row]]


class Processes:
    """Processes that clean files, kept from run to run as one takes seconds to start. One run at a time."""

    def __init__(self, count: int, given: Given | None = None) -> None:
        self._count = count
        self._given = given or Given()
        self._pool: ProcessPoolExecutor | None = None

    async def outcomes(self, order: Order, sources: Sequence[Source]) -> AsyncGenerator[Cleaned, None]:
        """Each file's outcome as it comes; a mapping is the one that the processes were given. Raises `RunRefused`."""
        waiting = batched(sources)
        pool, loop = self._opened(), asyncio.get_running_loop()
        work = partial(_work, replace(order, given=Given()))
        is_over = False
        try:
            under_way = {loop.run_in_executor(pool, work, batch) for batch in islice(waiting, AHEAD * self._count)}
            while under_way:
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                under_way |= {loop.run_in_executor(pool, work, batch) for batch in islice(waiting, len(done))}
                for ended in done:
                    for each in ended.result():
                        yield each
            is_over = True
        except DiskFull as full:
            raise RunRefused(f"{full}; the run is not complete") from None
        except BrokenProcessPool:
            raise RunRefused("a process that cleaned files died; the run is not complete") from None
        finally:
            if not is_over:
                self.kill()

    @property
    def are_there(self) -> bool:
        """Whether the next work need not wait until they are started."""
        return self._pool is not None

    async def call(self, work: Callable[[], Done], seconds: float | None = None) -> Done:
        """One piece of work in one of them. Raises `ProcessDied`, and `TimeoutError` after so many seconds.

        What is not brought to its end, or is not wanted any more, ends them; the next work starts others.
        """
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(self._opened(), work)
        except BrokenProcessPool:
            self.kill()
            raise ProcessDied("the process that looked at the file died") from None
        except (TimeoutError, asyncio.CancelledError):
            self.kill()
            raise

    def _opened(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._count, mp_context=context, initializer=_settle, initargs=(self._given,)
            )
        return self._pool

    def close(self) -> None:
        """End those that have nothing to do; the next run starts others."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def kill(self) -> None:
        """End them in the middle of their files: what they have written lies among the unchecked."""
        for worker in list((self._pool._processes or {}).values()) if self._pool else []:  # noqa: SLF001 - `kill_workers` is of Python 3.14
            worker.kill()
        self.close()


async def outcomes(order: Order, sources: Sequence[Source], processes: int) -> AsyncGenerator[Cleaned, None]:
    """One run over processes of its own. Raises `RunRefused`."""
    cleaning = Processes(processes, order.given)
    try:
        async with aclosing(cleaning.outcomes(order, sources)) as work:
            async for each in work:
                yield each
    finally:
        cleaning.close()


def _settle(given: Given) -> None:
    """A process of the pool ends when its parent does, however that ended, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _given[:] = [given]


def _end_with(parent: int) -> None:
    connection.wait([parent])
    os._exit(1)


def _work(order: Order, batch: Sequence[Source]) -> list[Cleaned]:
    """By the workplace of this order, which is made anew where the last one was another's."""
    if not _places or _places[0][0] != order:
        _places[:] = [(order, Workplace(replace(order, given=_given[0])))]
    return [(source, *_places[0][1].deidentify(source)) for source in batch]


def batched(sources: Sequence[Source]) -> Iterator[Sequence[Source]]:
    """A few at a time, so that processes need not wait for orders."""
    for start in range(0, len(sources), AT_ONCE):
        yield sources[start : start + AT_ONCE]
