"""Durable receipt: one file for each instance, and a marker beside it until its arrival has been announced.

An instance is written into `storescp/incoming`, renamed to its marker in `storescp/unannounced`, and made durable with
it; then it is hard-linked to its place in the archive and the sender hears `0x0000`. A marker bears its file's SHA-256:
whatever a kill -9 or a power cut leaves, a marker that is true is a whole instance that is still to be announced, and
its place is made again from it. The places are made durable before the markers go.
"""

import errno
import hashlib
import mmap
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import structlog

from radquarry.durable_folders import make_folder, make_names_durable
from radquarry.messages import StoredInstance
from radquarry.stamps import stamp, stored_at
from radquarry.storescp.elements import NotDicom
from radquarry.storescp.identity import Identity, identify
from radquarry.storescp.incoming import Incoming
from radquarry.storescp.locks import Locks
from radquarry.storescp.open_folder import OpenFolder
from radquarry.storescp.part10 import FileHead, read_head
from radquarry.storescp.receipt import Announced, NoRoom, Receipt

log = structlog.get_logger(__name__)

ATTEMPTS = 1000
"""To put a file into its place while others remove what lies there, or its folder."""


@dataclass(frozen=True)
class Kept:
    """An instance in the archive, and the marker that is removed when everybody knows."""

    instance: StoredInstance
    marker: Path


class Archive:
    """The folder of received files. Safe to use from many threads, and beside other processes."""

    def __init__(self, data_dir: Path, reserve_bytes: float) -> None:
        """Raises OSError when the folders cannot be made or their file system knows no hard links."""
        self.folder = data_dir / "archive"
        self.unannounced = data_dir / "storescp" / "unannounced"
        for folder in (self.folder, self.unannounced):
            make_folder(folder)
        self._reserve_bytes = reserve_bytes
        self._incoming = Incoming(data_dir / "storescp" / "incoming", self.folder)
        self._markers = OpenFolder(self.unannounced)
        self.locks = Locks(data_dir / "storescp" / "locks")

    def close(self) -> None:
        """Let go of what is half received."""
        self._incoming.close()
        self._markers.close()

    def begin(self, announced: Announced) -> Receipt:
        """Take an instance in, piece by piece; `keep` or `discard` it at its end."""
        return Receipt(self._incoming.new_part, announced, self._demand_room)

    def keep(self, receipt: Receipt) -> Kept:
        """Keep an instance for good; returns when it and its marker are durable.

        The same instance again is the same file, stored now: when its bytes differ, the first ones stay.
        Raises `NotDicom` when it is not what it says it is, `NoRoom` when it cannot be kept now.
        """
        identity = receipt.identify()
        marker = self._marker(receipt.sha256)
        try:
            receipt.rename(marker)
            moment = receipt.make_durable()
            self._markers.make_names_durable()
            instance = _instance(identity, receipt.announced.head, receipt.size, receipt.sha256, moment)
            return self._placed(Kept(instance, marker), self.place(identity))
        except OSError as error:
            marker.unlink(missing_ok=True)
            log.error("cannot write to the archive", reason=errno.errorcode.get(error.errno or 0, "unknown"))
            raise NoRoom("cannot write to the archive") from error

    def make_places_durable(self, kept: Iterable[Kept]) -> None:
        """From then on their markers may go."""
        for folder in {self.place_of(each).parent for each in kept}:
            with suppress(FileNotFoundError):  # somebody removed the images meanwhile
                make_names_durable(folder)

    def recovered(self, marker: Path) -> Kept:
        """What a marker of an earlier process stands for; its file is put into its place if it is not there yet.

        Raises `NotDicom`, also when it is not what its name says: its sender was never answered; and OSError.
        """
        kept = self.described(marker)
        _, _, digest = marker.name.partition(".")
        if digest not in ("", kept.instance.sha256):
            raise NotDicom("the file has not been written to its end")
        with suppress(FileExistsError):
            _link(marker, self.place_of(kept))
        return kept

    def described(self, marker: Path) -> Kept:
        """What a file of ours says of itself, once it is durable. Raises `NotDicom` or OSError."""
        if marker.stat().st_size == 0:
            raise NotDicom("the file is empty")
        with marker.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            with memoryview(data) as view:
                head, begin = read_head(view)
                with view[begin:] as data_set:
                    identity = identify(data_set, head.transfer_syntax_uid)
                digest = hashlib.sha256(view).hexdigest()
            os.fsync(file.fileno())  # another process may be about to
            status = os.fstat(file.fileno())
        return Kept(_instance(identity, head, status.st_size, digest, stored_at(status)), marker)

    def place(self, identity: Identity) -> Path:
        """Where the file of an instance lies."""
        series = self.folder / identity.study_instance_uid / identity.series_instance_uid
        return series / f"{identity.sop_instance_uid}.dcm"

    def _demand_room(self) -> None:
        status = os.statvfs(self.unannounced)
        if status.f_bavail * status.f_frsize < self._reserve_bytes:
            raise NoRoom("the disk is below its reserve")

    def _marker(self, sha256: str = "") -> Path:
        return self.unannounced / f"{uuid4().hex}.{sha256}"

    def place_of(self, kept: Kept) -> Path:
        known = kept.instance
        return self.place(Identity(known.study_instance_uid, known.series_instance_uid, known.sop_instance_uid))

    def _placed(self, kept: Kept, place: Path) -> Kept:
        for _ in range(ATTEMPTS):
            with suppress(FileExistsError):
                _link(kept.marker, place)
                return kept
            with suppress(FileNotFoundError):  # it is removed at this moment
                return self._again(kept, place)
        raise OSError(errno.EBUSY, "its place is taken and free by turns", str(place))

    def _again(self, kept: Kept, place: Path) -> Kept:
        """The instance is here already, and is stored now: its marker becomes one of the file that was first.

        A file with two names is not removed.
        """
        marker = self._marker()
        with self.locks.of(kept.instance.study_instance_uid):
            os.link(place, marker)
            stamp(marker)
        self._markers.make_names_durable()
        first = self.described(marker)
        if _data_set_digest(kept.marker) != _data_set_digest(marker):
            log.warning("an instance came again with other bytes: the first stay", sop_instance_uid=place.stem)
        kept.marker.unlink()
        return first


def _data_set_digest(file: Path) -> bytes:
    """SHA-256 of what follows the file's head, which names the sender of this copy."""
    with (
        file.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        _, begin = read_head(view)
        with view[begin:] as data_set:
            return hashlib.sha256(data_set).digest()


def _link(marker: Path, place: Path) -> None:
    """Raises FileExistsError, and FileNotFoundError when there is no such marker."""
    for _ in range(ATTEMPTS):
        with suppress(FileNotFoundError):  # of its folders, which somebody may just remove
            os.link(marker, place)
            return
        with suppress(FileNotFoundError):
            make_folder(place.parent)
        if not marker.exists():
            break
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(marker))


def _instance(identity: Identity, head: FileHead, size: int, digest: str, stored_at: datetime) -> StoredInstance:
    return StoredInstance(
        study_instance_uid=identity.study_instance_uid,
        series_instance_uid=identity.series_instance_uid,
        sop_instance_uid=identity.sop_instance_uid,
        sop_class_uid=head.sop_class_uid,
        bytes=size,
        sha256=digest,
        calling_ae_title=head.calling_ae_title,
        stored_at=stored_at,
    )
