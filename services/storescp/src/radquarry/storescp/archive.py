"""Durable receipt: one file for each instance, and a marker beside it until its arrival has been announced.

An instance is written into `storescp/incoming`, made durable, renamed to its marker in `storescp/unannounced` and
hard-linked to its place in the archive; both folders are made durable before the sender hears `0x0000`. Whatever a
kill -9 interrupts, a marker that is there is a whole instance that is still to be announced.
"""

import errno
import hashlib
import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import structlog

from radquarry.messages import StoredInstance
from radquarry.storescp.folders import make_folder, make_names_durable
from radquarry.storescp.identity import Identity, identify
from radquarry.storescp.incoming import Incoming
from radquarry.storescp.part10 import FileHead, read_head
from radquarry.storescp.receipt import Announced, NoRoom, Receipt

log = structlog.get_logger(__name__)


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

    def close(self) -> None:
        """Let go of what is half received."""
        self._incoming.close()

    def begin(self, announced: Announced) -> Receipt:
        """Take an instance in, piece by piece; `keep` or `discard` it at its end."""
        return Receipt(self._incoming.new_part(), announced, self._demand_room)

    def keep(self, receipt: Receipt) -> Kept:
        """Keep an instance for good; returns when it and its marker are durable.

        The same instance again is the same file: when its bytes differ, the first ones stay.
        Raises `NotDicom` when it is not what it says it is, `NoRoom` when it cannot be kept now.
        """
        identity = receipt.close()
        try:
            return self._named(receipt, identity)
        except OSError as error:
            log.error("cannot write to the archive", reason=errno.errorcode.get(error.errno or 0, "unknown"))
            raise NoRoom("cannot write to the archive") from error

    def recovered(self, marker: Path) -> Kept:
        """What a marker of an earlier process stands for; its file is put into its place if it is not there yet.

        Raises `NotDicom` or OSError.
        """
        kept = self.described(marker)
        known = kept.instance
        place = self.place(Identity(known.study_instance_uid, known.series_instance_uid, known.sop_instance_uid))
        if not place.exists():
            with suppress(FileExistsError):
                _link(marker, place)
            make_names_durable(place.parent)
        return kept

    def described(self, marker: Path) -> Kept:
        """What a marker's file says of itself. Raises `NotDicom` or OSError."""
        with marker.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            with memoryview(data) as view:
                head, begin = read_head(view)
                with view[begin:] as data_set:
                    identity = identify(data_set, head.transfer_syntax_uid)
                digest = hashlib.sha256(view).hexdigest()
            status = os.fstat(file.fileno())
        stored_at = datetime.fromtimestamp(status.st_mtime, UTC)
        return Kept(_instance(identity, head, status.st_size, digest, stored_at), marker)

    def place(self, identity: Identity) -> Path:
        """Where the file of an instance lies."""
        series = self.folder / identity.study_instance_uid / identity.series_instance_uid
        return series / f"{identity.sop_instance_uid}.dcm"

    def _demand_room(self) -> None:
        status = os.statvfs(self.unannounced)
        if status.f_bavail * status.f_frsize < self._reserve_bytes:
            raise NoRoom("the disk is below its reserve")

    def _named(self, receipt: Receipt, identity: Identity) -> Kept:
        marker = self.unannounced / uuid4().hex
        receipt.path.rename(marker)
        instance = _instance(identity, receipt.announced.head, receipt.size, receipt.sha256, datetime.now(UTC))
        return self._placed(Kept(instance, marker), identity)

    def _placed(self, kept: Kept, identity: Identity) -> Kept:
        place = self.place(identity)
        try:
            _link(kept.marker, place)
        except FileExistsError:
            kept = self._again(kept, place)
        except OSError:
            kept.marker.unlink(missing_ok=True)
            raise
        make_names_durable(place.parent)
        make_names_durable(self.unannounced)
        return kept

    def _again(self, kept: Kept, place: Path) -> Kept:
        """The instance is here already: its marker becomes one of the file that was first."""
        second = _data_set_digest(kept.marker)
        kept.marker.unlink()
        os.link(place, kept.marker)
        if second != _data_set_digest(place):
            log.warning("an instance came again with other bytes: the first stay", sop_instance_uid=place.stem)
        return self.described(kept.marker)


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
    try:
        os.link(marker, place)
    except FileNotFoundError:
        make_folder(place.parent)
        os.link(marker, place)


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
