"""Pixels are decoded in a process of its own: a file that it dies of is refused, and another process goes on."""

import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.runs.run import ProcessDied, Processes, RunRefused

SECONDS = 600.0
"""That a file may take, and one more for each of its megabytes."""
MEGABYTE = 1 << 20
DIED = "the process that decodes died of it: it is damaged, made to do harm, or needs more memory than there is"
Done = TypeVar("Done")


class Decoder:
    """One process, started with the first file that needs it; what it lays aside lies in `scratch`."""

    def __init__(self, processes: Processes, scratch: str, seconds: float) -> None:
        self._processes = processes
        self._scratch = scratch
        self._seconds = seconds

    async def done(self, work: Callable[[], Done], size: int) -> Done:
        """The work on files of `size` bytes. Raises `Refused` when it ends the process or takes too long.

        Raises `RunRefused` where no process can be started: that is no file's fault.
        """
        await self._start()
        limit = self._seconds + size / MEGABYTE
        try:
            return await self._processes.call(work, limit)
        except TimeoutError:
            raise Refused(f"it takes longer than {limit:.0f} seconds") from None
        except ProcessDied:
            raise Refused(DIED) from None

    async def _start(self) -> None:
        if self._processes.are_there:
            return
        try:
            await self._processes.call(partial(_settle, self._scratch))
        except ProcessDied:
            raise RunRefused("no process that decodes can be started; the run is not complete") from None


@contextmanager
def decoder(seconds: float = SECONDS) -> Iterator[Decoder]:
    """For one run or several, one after the other; its process ends with it, and all that it has laid aside goes."""
    processes = Processes(1)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            yield Decoder(processes, scratch, seconds)
        finally:
            processes.kill()


def _settle(scratch: str) -> None:
    """Libraries are loaded, so that the first file does not wait for them; a core would hold the patient's data."""
    from radquarry.exporter.conversion import from_dicom, to_dicom  # noqa: F401, PLC0415 - they need a decoder

    tempfile.tempdir = scratch
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
