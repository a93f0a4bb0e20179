"""The folder shared with the exporter: files at hand are brought to `in` and taken away from `out`.

Release reports of deliveries lie beside them.
"""

import errno
import os
import re
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

import structlog

from radquarry.api.problems import Problem, invalid
from radquarry.durable_folders import make_names_durable
from radquarry.errors import PeerAway

log = structlog.get_logger(__name__)

MOST_FILES = 9_999
MOST_BYTES = 16 * 1024**3
MOST_OF_A_NAME = 120
"""Bytes, of the 255 that a file system takes."""
LOOK_AT_THE_DISK = 32 * 1024**2
INCOMING = ".incoming"
REIDENTIFICATIONS = "reidentifications"
UNFETCHED_SECONDS = 24 * 3600
ABANDONED_SECONDS = 6 * 3600
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """What one job may bring; `reserve` bytes of the disk stay free."""

    files: int = MOST_FILES
    bytes: int = MOST_BYTES
    reserve: int = 0


def safe_name(told: str) -> str:
    """What a stranger calls a file, as the name of one: never a path, never hidden, never a device.

    Letters of any script stay (NFC); folders before it are left away, whatever the separator.
    """
    last = re.split(r"[/\\]", told)[-1]
    plain = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", last)).strip(". ")
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    return _shortened(plain).strip(". ") or "file"


def _shortened(name: str) -> str:
    """At most so many bytes of UTF-8; a short ending stays."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > 16:
        stem, dot, ending = name, "", ""
    room = MOST_OF_A_NAME - len(f"{dot}{ending}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + ending


class Incoming:
    """Files of one job while they come, written one after the other. Raises `Problem`, or `PeerAway`."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.names: list[str] = []
        self.sizes: list[int] = []
        self._limits = limits
        self._open: BinaryIO | None = None
        self._until_next_look = 0

    @property
    def total(self) -> int:
        """Bytes of all files so far."""
        return sum(self.sizes)

    def begin(self, told: str) -> None:
        """The next file; `told` is what the sender calls it."""
        if len(self.names) >= self._limits.files:
            raise Problem(413, "too-many", "Too many files", f"At most {self._limits.files} files are taken at a time.")
        name, place = safe_name(told), self.folder / "in" / f"{len(self.names) + 1:04}"
        with _mapped():
            place.mkdir(parents=True, mode=0o750)
            self._open = (place / name).open("xb")
        self.names.append(name)
        self.sizes.append(0)

    def write(self, data: bytes) -> None:
        """More of the file."""
        if self._open is None:
            return
        if self.total + len(data) > self._limits.bytes:
            most = self._limits.bytes // 1024**2
            raise Problem(413, "too-large", "Too large", f"At most {most} MiB of files are taken at a time.")
        self._until_next_look -= len(data)
        with _mapped():
            if self._until_next_look <= 0:
                check_room(self.folder, self._limits.reserve + LOOK_AT_THE_DISK)
                self._until_next_look = LOOK_AT_THE_DISK
            self._open.write(data)
        self.sizes[-1] += len(data)

    def end(self) -> None:
        """The file is whole and durable."""
        if self._open is None:
            return
        with _mapped():
            self._open.flush()
            os.fsync(self._open.fileno())
            self._open.close()
        self._open = None

    def drop(self) -> None:
        """Nothing of it stays."""
        if self._open is not None:
            self._open.close()
            self._open = None
        shutil.rmtree(self.folder, ignore_errors=True)


class Exchange:
    """`{data_dir}/exchange`, one folder a job."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self.limits = limits

    def receive(self) -> Incoming:
        """A place for files to come. Raises `Problem` when the disk is full."""
        folder = self._folder / INCOMING / str(uuid4())
        with _mapped():
            (folder / "in").mkdir(parents=True, mode=0o750)
            try:
                check_room(folder, self.limits.reserve)
            except Problem:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return Incoming(folder, self.limits)

    def settle(self, incoming: Incoming) -> None:
        """Everything has come, and is made durable: with thousands of files that takes its time."""
        with _mapped():
            for each in (*sorted((incoming.folder / "in").iterdir()), incoming.folder / "in", incoming.folder):
                make_names_durable(each)

    def take(self, incoming: Incoming, job_id: UUID) -> None:
        """From here on what has settled lies in the job's folder; what the same order brought before stays there."""
        folder = self._folder / str(job_id)
        with _mapped():
            if folder.is_dir():
                return
            try:
                incoming.folder.replace(folder)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise
            make_names_durable(self._folder)

    def made(self, job_id: UUID, name: str) -> Path | None:
        """What the exporter has put there: `result.zip`, `report.json`."""
        file = self._folder / str(job_id) / "out" / name
        return file if file.is_file() and not file.is_symlink() else None

    def release_report(self, delivery_id: UUID, form: str) -> Path | None:
        """What the exporter shows of a delivery that was de-identified."""
        file = self._folder / "deliveries" / str(delivery_id) / f"release-report.{form}"
        return file if file.is_file() and not file.is_symlink() else None

    def originals(self, reidentification_id: UUID) -> Path:
        """Where the exporter puts an answer that is fetched once."""
        return self._folder / REIDENTIFICATIONS / f"{reidentification_id}.json"

    def forget_originals(self, reidentification_id: UUID) -> None:
        """Nobody can fetch that answer any more; where it cannot be removed that is said, and `sweep` tries again."""
        _remove(self.originals(reidentification_id))

    def sweep(self) -> int:
        """Remove what broke off with the process that received it (how many), and answers that nobody fetched."""
        old = [place for place in self._incoming() if time.time() - _last_change(place) > ABANDONED_SECONDS]
        for place in old:
            shutil.rmtree(place, ignore_errors=True)
        for answer in (self._folder / REIDENTIFICATIONS).glob("*.json*"):  # also one that was never whole
            if time.time() - _last_change(answer) > UNFETCHED_SECONDS:
                _remove(answer)
        return len(old)

    def _incoming(self) -> Iterator[Path]:
        folder = self._folder / INCOMING
        return folder.iterdir() if folder.is_dir() else iter(())


def check_room(folder: Path, needed: int) -> None:
    """Raises `Problem` when so many bytes are not free."""
    if shutil.disk_usage(folder).free < needed:
        raise _full()


def _full() -> Problem:
    return Problem(
        507, "disk-full", "The disk is full", "The disk for files is full up to its reserve: nothing was taken."
    )


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {28, 122}:  # ENOSPC, EDQUOT
            raise _full() from None
        raise PeerAway(f"the exchange folder cannot be written: {error.strerror}") from None


def _remove(answer: Path) -> None:
    try:
        answer.unlink(missing_ok=True)
    except OSError as error:
        log.warning("an answer about pseudonyms cannot be removed", file=answer.name, reason=error.strerror)


def _last_change(folder: Path) -> float:
    try:
        return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    except FileNotFoundError:  # somebody else takes it away just now
        return time.time()


def no_files() -> Problem:
    """An upload without any."""
    return invalid("Send at least one file, as a part of the form named files.")
