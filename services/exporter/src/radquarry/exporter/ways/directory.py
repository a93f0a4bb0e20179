"""A folder as a destination: each file is written elsewhere there, made durable, and never over a different one."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from pathlib import Path

from radquarry.durable_folders import make_folder, make_names_durable
from radquarry.exporter.same_bytes import same
from radquarry.exporter.ways.pattern import Pattern
from radquarry.exporter.ways.port import Answer, DestinationAway, Shipment, Staged
from radquarry.exporter.ways.told_steps import to_its_word
from radquarry.exporter.ways.unfinished import Unfinished, away, unfinished

CHUNK = 4 << 20
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EINVAL)
"""What file systems without hard links answer."""
PARCEL = "delivery-{delivery_id}"


class Directory(Unfinished):
    """Files at `pattern` below `root`; what accompanies them in a folder of its own for each delivery."""

    whole = False
    takes_papers = True

    def __init__(self, root: Path, pattern: Pattern) -> None:
        super().__init__(root)
        self._pattern = pattern

    async def deliver(self, shipment: Shipment, files: Sequence[Staged]) -> AsyncGenerator[Answer, None]:
        """See `Way`."""
        await asyncio.to_thread(self._demand_room, sum(file.bytes for file in files))
        try:
            with unfinished(self._root, shipment) as folder:
                for number, file in enumerate(files):
                    answer, is_cancelled = await to_its_word(partial(self._put, folder / str(number), file))
                    yield answer
                    if is_cancelled:
                        raise asyncio.CancelledError
        except OSError as error:
            raise away(error) from None

    async def accompany(self, shipment: Shipment, folder: Path) -> None:
        """See `Way`."""
        await asyncio.to_thread(self._accompany, shipment, folder)

    def _demand_room(self, wanted: int) -> None:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            status = os.statvfs(self._root)
        except OSError as error:
            raise away(error) from None
        if wanted > status.f_bavail * status.f_frsize:
            raise DestinationAway("the disk of the destination is full")

    def _put(self, beside: Path, file: Staged) -> Answer:
        place = self._pattern.of_staged(file)
        target = self._root / place
        try:
            if not target.parent.resolve().is_relative_to(self._root.resolve()):
                return Answer(file, "failed", "a link there leads out of the destination")
            make_folder(target.parent)
            if put(file.path, target, beside):
                return Answer(file, "delivered", "", place)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return Answer(file, "failed", "its folder there is on another disk than the destination itself")
            if error.errno in (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR):
                return Answer(file, "failed", f"it cannot be named so there: {error.strerror}")
            raise away(error) from None
        return Answer(
            file, "failed", "another file of the same name lies there; a pattern with {sop_instance_uid} is unique"
        )

    def _accompany(self, shipment: Shipment, folder: Path) -> None:
        beside = self._root / PARCEL.format(delivery_id=shipment.delivery_id)
        try:
            with unfinished(self._root, shipment) as making:
                for path in sorted(folder.rglob("*")):
                    if path.is_file():
                        target = beside / path.relative_to(folder)
                        make_folder(target.parent)
                        _copied(path, making / "paper")
                        (making / "paper").replace(target)
                        make_names_durable(target.parent)
        except OSError as error:
            raise away(error) from None


def put(source: Path, target: Path, beside: Path) -> bool:
    """Have `target` hold what `source` holds, durably; False when it holds something else. Raises `OSError`.

    `beside`, on the same disk, is where it becomes whole, and is no other writer's: two files of one name may be
    written at the same time.
    """
    if target.exists() or target.is_symlink():
        return _same(source, target)
    try:
        _copied(source, beside)
        is_there = _placed(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    make_names_durable(target.parent)
    return is_there or _same(source, target)


def _placed(beside: Path, target: Path) -> bool:
    """False when there is something already."""
    try:
        os.link(beside, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if target.exists() or target.is_symlink():
            return False
        beside.rename(target)
    return True


def _copied(source: Path, target: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with source.open("rb", buffering=0) as read, os.fdopen(os.open(target, flags, 0o644), "wb", buffering=0) as write:
        while chunk := read.read(CHUNK):
            part = memoryview(chunk)
            while part:
                part = part[write.write(part) or 0 :]
        os.fsync(write.fileno())


def _same(one: Path, other: Path) -> bool:
    """A link is something else, wherever it leads."""
    return not other.is_symlink() and same(one, other)
