"""What was made of a file, kept as long as the file stays the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.problems import unknown

Made = TypeVar("Made")
Stamp = tuple[int, int, int]


def stamp_of(file: InstanceFile) -> Stamp:
    """Another one when the file is another; raises the problem to show where it is gone."""
    try:
        found = file.path.stat()
    except OSError:
        raise unknown("instance") from None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Remembered(Generic[Made]):
    """Those that were used last; in memory alone, so that no table of ours holds a patient's data.

    Together they weigh at most `most`: each what `weigh` says, or 1.
    """

    def __init__(
        self, make: Callable[[InstanceFile], Made], most: int, weigh: Callable[[Made], int] = lambda _: 1
    ) -> None:
        self._make = make
        self._most = most
        self._weigh = weigh
        self._weight = 0
        self._kept: OrderedDict[str, tuple[Stamp, Made]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, file: InstanceFile) -> Made:
        """Made anew where the file is another one than it was; raises the problem to show where it is gone."""
        key, stamp = file.address, stamp_of(file)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(key)
                return kept[1]
        made = self._make(file)
        with self._lock:
            self._forget(key)
            if self._weigh(made) > self._most:
                return made
            self._kept[key] = (stamp, made)
            self._weight += self._weigh(made)
            while self._weight > self._most:
                self._forget(next(iter(self._kept)))
        return made

    def _forget(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._weight -= self._weigh(kept[1])
