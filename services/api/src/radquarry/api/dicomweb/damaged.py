"""Files of the archive that cannot be read, or not to their end: said once in the log, and listed for the operator."""

import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

import structlog
from starlette.concurrency import run_in_threadpool

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.headers import HOSTILE, Header, Unreadable, unreadable
from radquarry.api.dicomweb.remembered import Stamp, stamp_of
from radquarry.api.problems import Problem

log = structlog.get_logger(__name__)

Made = TypeVar("Made")
MOST = 10_000
NOT_WHOLE = "it breaks off, or what follows its pixels is not DICOM"


@dataclass(frozen=True)
class Damage:
    """One file, and what is wrong with it, in words that repeat nothing of it."""

    file: InstanceFile
    reason: str


class Damaged:
    """Those that somebody asked for since the api started, as long as they stay as they are; the last `MOST`."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, tuple[Stamp, Damage]] = OrderedDict()
        self._lock = threading.Lock()

    def watching(self, read: Callable[[InstanceFile], Made]) -> Callable[[InstanceFile], Made]:
        """The same, and what it cannot read is noted."""

        def watched(file: InstanceFile) -> Made:
            try:
                made = read(file)
            except Unreadable as problem:
                self.note(file, problem.reason)
                raise
            if isinstance(made, Header) and not made.is_whole:
                self.note(file, NOT_WHOLE)
            return made

        return watched

    async def following(self, file: InstanceFile, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes, and what breaks them off is noted."""
        try:
            async with aclosing(content):  # type: ignore[type-var]
                async for portion in content:
                    yield portion
        except Unreadable as problem:
            await run_in_threadpool(self.note, file, problem.reason)
            raise
        except HOSTILE as error:
            await run_in_threadpool(self.note, file, unreadable(error).reason)
            raise

    def note(self, file: InstanceFile, reason: str) -> None:
        """Logged unless it was before; blocking."""
        try:
            stamp = stamp_of(file)
        except Problem:
            return
        with self._lock:
            known = self._noted.get(file.address)
            if known is not None and known[0] == stamp:
                return
            self._noted[file.address] = (stamp, Damage(file, reason))
            while len(self._noted) > MOST:
                self._noted.popitem(last=False)
        log.warning(
            "a file of the archive cannot be read",
            study_instance_uid=file.study_instance_uid,
            series_instance_uid=file.series_instance_uid,
            sop_instance_uid=file.sop_instance_uid,
            reason=reason,
        )

    def listed(self) -> list[Damage]:
        """Those that are still here and unchanged, the last found first; blocking."""
        with self._lock:
            noted = list(self._noted.items())
        gone = [address for address, (stamp, damage) in noted if not _is_still(damage.file, stamp)]
        with self._lock:
            for address in gone:
                self._noted.pop(address, None)
            return [damage for _, damage in reversed(self._noted.values())]


def _is_still(file: InstanceFile, stamp: Stamp) -> bool:
    try:
        return stamp_of(file) == stamp
    except Problem:
        return False
