"""Where files lie while they are written: one folder for each process, cleaned by whoever finds its owner dead."""

import fcntl
import itertools
import os
import queue
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from radquarry.durable_folders import make_folder

LOCK = "in-use"
AHEAD = 16
"""Empty files that wait for their instance: ext4 takes a millisecond to make one where many were deleted lately."""


@dataclass(frozen=True)
class Part:
    """An empty file, and its open descriptor, which is whose it was given to."""

    path: Path
    descriptor: int


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
        self._ready: queue.SimpleQueue[Part] = queue.SimpleQueue()
        self._wanted = threading.Event()
        self._is_closed = False
        self._maker: threading.Thread | None = None
        self._starting = threading.Lock()

    def new_part(self) -> Part:
        """A file of its own for one instance: one made ahead, else made now. Raises OSError."""
        self._start()
        try:
            part = self._ready.get_nowait()
        except queue.Empty:
            part = self._made()
        if self._ready.qsize() < AHEAD // 2:
            self._wanted.set()
        return part

    def close(self) -> None:
        """Remove the folder with what is in it."""
        with self._starting:
            self._is_closed = True
        self._wanted.set()
        if self._maker is not None:
            self._maker.join()
        while not self._ready.empty():
            os.close(self._ready.get_nowait().descriptor)
        shutil.rmtree(self._own, ignore_errors=True)
        os.close(self._lock)

    def _made(self) -> Part:
        path = self._own / f"{next(self._numbers)}.part"
        return Part(path, os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o666))

    def _start(self) -> None:
        """With the first instance: a process that receives none makes no files."""
        with self._starting:
            if self._maker is None and not self._is_closed:
                self._maker = threading.Thread(target=self._make_ahead, name="storescp-parts", daemon=True)
                self._maker.start()

    def _make_ahead(self) -> None:
        while not self._is_closed:
            self._wanted.wait()
            self._wanted.clear()
            with suppress(OSError):  # whoever needs a file makes it, and hears why that cannot be
                while self._ready.qsize() < AHEAD and not self._is_closed:
                    self._ready.put(self._made())


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
