"""One instance on its way into the archive: written as it comes, hashed, and identified by its first bytes."""

import errno
import hashlib
import mmap
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from radquarry.dicom.uids import is_uid
from radquarry.stamps import stamp
from radquarry.storescp.elements import NotDicom
from radquarry.storescp.identity import Identity, identify, identify_begin
from radquarry.storescp.incoming import Part
from radquarry.storescp.part10 import FileHead, write_head

log = structlog.get_logger(__name__)

LOOK_AT_THE_DISK = 8 * 1024 * 1024
"""Bytes written between two looks at what is free."""
WRITE_BACK = 256 * 1024
"""Bytes the disk is told to write before they are asked for."""


class NoRoom(Exception):  # noqa: N818 - it reads as the state it is
    """The disk is below its reserve, or cannot be written: the sender must try again later."""


@dataclass(frozen=True)
class Announced:
    """What a C-STORE request and its association say of a data set before it comes."""

    transfer_syntax_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    calling_ae_title: str

    @property
    def fault(self) -> str:
        """Why this cannot be the head of a file; empty when it can."""
        for uid, what in (
            (self.transfer_syntax_uid, "transfer syntax"),
            (self.sop_class_uid, "SOP class"),
            (self.sop_instance_uid, "SOP instance"),
        ):
            if not is_uid(uid):
                return f"the {what} is not a UID"
        return ""

    @property
    def head(self) -> FileHead:
        """The file meta information."""
        return FileHead(self.sop_class_uid, self.sop_instance_uid, self.transfer_syntax_uid, self.calling_ae_title)


class Receipt:
    """`write` until the data set ends, then `identify`, `rename` and `make_durable`; `discard` lets go of what is left.

    A receipt that failed takes the rest and forgets it: the sender hears why at its end.
    """

    def __init__(self, new_part: Callable[[], Part], announced: Announced, demand_room: Callable[[], None]) -> None:
        self._new_part = new_part
        self._path: Path | None = None
        self._is_named = False
        self.announced = announced
        self.size = 0
        self._demand_room = demand_room
        self._looked_at = self._written_back = 0
        self._digest = hashlib.sha256()
        self._begin: int | None = None
        self._identity: Identity | None = None
        self._file: int | None = None
        self._failure: NoRoom | None = None
        self._guarded(self._open)

    def write(self, data: memoryview) -> None:
        """The data set's next bytes."""
        if self._failure is None:
            self._guarded(lambda: self._written(data))

    def identify(self) -> Identity:
        """Which instance this is. Raises `NoRoom`, or `NotDicom` when it is not what it was said to be."""
        if self._failure is not None:
            raise self._failure
        if self.announced.fault:
            raise NotDicom(self.announced.fault)
        if self._begin is None:
            raise NotDicom("the request has no data set")
        identity = self._identity or self._identified_whole(self._begin)
        if identity.sop_instance_uid != self.announced.sop_instance_uid:
            raise NotDicom("the data set has another SOPInstanceUID")
        return identity

    def rename(self, path: Path) -> None:
        """From now on the file is `path`, and whoever named it so looks after it. Raises OSError."""
        assert self._path is not None  # noqa: S101 - whoever could not be given a file has failed before
        self._path.rename(path)
        self._is_named = True

    def make_durable(self) -> datetime:
        """Wait until the file is on the disk, stored now. Raises OSError."""
        assert self._file is not None  # noqa: S101 - it is open until it fails or is let go
        moment = stamp(self._file)
        os.fsync(self._file)
        return moment

    def discard(self) -> None:
        """Close the file, and remove it unless it was renamed."""
        if self._file is not None:
            descriptor, self._file = self._file, None
            os.close(descriptor)
            if not self._is_named and self._path is not None:
                with suppress(OSError):  # the folder is cleaned at the next start
                    self._path.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        """Of the whole file."""
        return self._digest.hexdigest()

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except NoRoom as error:
            self._fail(error)
        except OSError as error:
            log.error("cannot write to the archive", reason=errno.errorcode.get(error.errno or 0, "unknown"))
            self._fail(NoRoom("cannot write to the archive"))

    def _fail(self, failure: NoRoom) -> None:
        self._failure = failure
        self.discard()

    def _open(self) -> None:
        self._demand_room()
        part = self._new_part()
        self._path, self._file = part.path, part.descriptor

    def _written(self, data: memoryview) -> None:
        if self._begin is None:
            data = self._with_head(data)
        if self.size - self._looked_at > LOOK_AT_THE_DISK:
            self._demand_room()
            self._looked_at = self.size
        assert self._file is not None  # noqa: S101 - as above
        self._digest.update(data)
        while data:
            count = os.write(self._file, data)
            self.size += count
            data = data[count:]
        self._begin_to_write_back()

    def _with_head(self, data: memoryview) -> memoryview:
        """The file's first bytes; the data set's own say which instance it is."""
        if self.announced.fault:
            self._begin = 0
            return data
        self._identity = identify_begin(data, self.announced.transfer_syntax_uid)
        head = write_head(self.announced.head)
        self._begin = len(head)
        return memoryview(head + data)

    def _begin_to_write_back(self) -> None:
        """The disk begins while the network goes on: the fsync at the end has little left to wait for."""
        if sys.platform == "linux" and self._file is not None and self.size - self._written_back >= WRITE_BACK:
            os.posix_fadvise(self._file, self._written_back, self.size - self._written_back, os.POSIX_FADV_DONTNEED)
            self._written_back = self.size

    def _identified_whole(self, begin: int) -> Identity:
        assert self._file is not None  # noqa: S101 - as above
        if self.size == begin:
            raise NotDicom("the data set is empty")
        with mmap.mmap(self._file, 0, access=mmap.ACCESS_READ) as data, memoryview(data) as view, view[begin:] as rest:
            return identify(rest, self.announced.transfer_syntax_uid)
