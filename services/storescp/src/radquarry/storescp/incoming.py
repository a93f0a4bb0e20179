"""Where files lie while they are written: one folder for each process, cleaned by whoever finds its owner dead."""

import fcntl
import itertools
import os
import shutil
from pathlib import Path
from uuid import uuid4

from radquarry.storescp.folders import make_folder

LOCK = "in-use"


class Incoming:
    """This process's folder under `folder`. It is locked as long as the process lives."""

    def __init__(self, folder: Path, archive: Path) -> None:
        """Clean up after dead processes. Raises OSError when `archive` cannot be reached by hard links."""
        make_folder(folder)
        _remove_left_over(folder)
        own = _locked(folder)
        while own is None:
            own = _locked(folder)
        self._own, self._lock = own
        self._numbers = itertools.count()
        _demand_hard_links(self._own / LOCK, archive)

    def new_part(self) -> Path:
        """A name that is not used yet."""
        return self._own / f"{next(self._numbers)}.part"

    def close(self) -> None:
        """Remove the folder with what is in it."""
        shutil.rmtree(self._own, ignore_errors=True)
        os.close(self._lock)


def _locked(folder: Path) -> tuple[Path, int] | None:
    """A new folder and its lock; None when another process, cleaning up, took it for a dead one's."""
    own = folder / uuid4().hex
    own.mkdir()
    lock = os.open(own / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if (own / LOCK).exists():
        return own, lock
    os.close(lock)
    return None


def _remove_left_over(folder: Path) -> None:
    for left in folder.iterdir():
        try:
            lock = os.open(left / LOCK, os.O_RDWR)
        except FileNotFoundError:
            continue  # its owner is about to lock it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


def _demand_hard_links(file: Path, archive: Path) -> None:
    probe = archive / f".{uuid4().hex}"
    try:
        os.link(file, probe)
    except OSError as error:
        raise OSError(
            error.errno, f"data_dir: {archive} and {file.parents[1]} must lie on one file system with hard links"
        ) from error
    probe.unlink()
