"""The hidden folder of a move that is under way: what has arrived and is not in its place, and which studies are done.

One move at a time works in a directory. A move that was interrupted leaves it, and the next one goes on from there; at
the end of a move it is removed.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radquarry.dicom.uids import is_uid
from radquarry.errors import Permanent
from radquarry.standalone.oneshot.notebook import KEPT_SECONDS
from radquarry.standalone.oneshot.sorting import Instance, in_study

NAME = ".radquarry-move"
EPHEMERAL = ("state.db", "bus.db")


class MoveInUse(Permanent):
    """Another move works in the same directory now."""


class MoveAway(Permanent):
    """The directory cannot be written."""


class Workplace:
    """Use within `opened_workplace`."""

    def __init__(self, folder: Path, question: str) -> None:
        self.folder = folder
        self._question = question
        self._settled = folder / "settled"

    @property
    def archive(self) -> Path:
        """What has arrived, as study/series/image."""
        return self.folder / "archive"

    def settled(self) -> dict[str, int]:
        """Studies that an interrupted move of the same PACS has fetched whole, and how many instances they have."""
        if not self._settled.exists() or time.time() - self._settled.stat().st_mtime > KEPT_SECONDS:
            return {}
        first, *lines = self._settled.read_text("utf-8").splitlines() or [""]
        if first != self._question:
            return {}
        pairs = (line.split() for line in lines)
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and is_uid(pair[0]) and pair[1].isdigit()}

    def note(self, study_instance_uid: str, instances: int) -> None:
        """This study is here, whole; durably."""
        with self._settled.open("a", encoding="utf-8") as file:
            file.write(f"{study_instance_uid} {instances}\n")
            file.flush()
            os.fsync(file.fileno())

    def begin(self) -> None:
        """A new list of what is done, with what an interrupted move has noted."""
        known = self.settled()
        lines = [self._question, *(f"{study} {count}" for study, count in known.items())]
        self._settled.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def arrived(self, study_instance_uid: str) -> list[Instance]:
        """Instances of a study that are not in their place yet."""
        return list(in_study(self.archive / study_instance_uid))

    def strangers(self) -> int:
        """Instances that have arrived and belong to no study that was wanted."""
        return sum(1 for _ in self.archive.rglob("*.dcm")) if self.archive.exists() else 0

    def clear(self) -> None:
        """The move has come to its end; what nobody wanted stays."""
        self._settled.unlink(missing_ok=True)
        if not self.strangers():
            shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def opened_workplace(directory: Path, question: str) -> Iterator[Workplace]:
    """In `directory`, which is made; raises `MoveInUse`, `MoveAway`."""
    folder = directory / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise MoveAway(f"{directory} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in EPHEMERAL:
            for file in folder.glob(f"{name}*"):
                file.unlink()
        place = Workplace(folder, question)
        place.begin()
        yield place
    except BlockingIOError:
        raise MoveInUse(f"another move works in {directory} now") from None
    finally:
        os.close(lock)
