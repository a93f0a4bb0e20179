"""Zip archives of deliveries, taken away over HTTP where the api sees the destination's folder, too."""

import asyncio
import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID

from radquarry.api.audit import audit
from radquarry.api.delivery_views import DeliveryView
from radquarry.api.problems import Problem
from radquarry.api.security.rights import Rights
from radquarry.configuration.sections import Destination

PATIENCE_SECONDS = 3.0
"""For a folder, which may lie on a share that hangs."""
Looked = TypeVar("Looked")


@dataclass(frozen=True)
class DeliveredArchive:
    """One archive of a delivery; `number` is from 1 in the order in which they left, `bytes` its size."""

    number: int
    path: Path
    bytes: int


@dataclass(frozen=True)
class ArchivesOf:
    """What `user` may take of a delivery; `problem` says why it is nothing. `is_encrypted`: it asks for a password."""

    archives: tuple[DeliveredArchive, ...] = ()
    problem: str = ""
    is_encrypted: bool = False


Look = Callable[[Path, UUID], Iterable[DeliveredArchive]]
"""The archives of a delivery in a folder. Raises `OSError`."""


class DeliveredArchives:
    """At the destinations that are `known`. The exporter gives an archive its name when the whole of it was checked."""

    def __init__(self, known: Mapping[str, Destination], rights: Rights, look: Look | None = None) -> None:
        self._known = known
        self._rights = rights
        self._look = look or _archives_in
        # threads of their own: a share that hangs keeps those of everybody else from nothing
        self._lookers = {name: ThreadPoolExecutor(2, f"archives of {name}") for name in known}

    async def of(self, view: DeliveryView, user: str) -> ArchivesOf:
        """For whoever ordered the delivery, and administrators; of identified images administrators alone."""
        try:
            self._check(view, user)
            found = await self._found(view)
        except Problem as problem:
            return ArchivesOf(problem=problem.detail)
        return ArchivesOf(found, is_encrypted=self._known[view.destination].password is not None)

    async def take(self, view: DeliveryView, number: int, user: str) -> BinaryIO:
        """The archive of this number, open to be sent and then closed; raises the problem to answer with."""
        try:
            self._check(view, user)
        except Problem as problem:
            if problem.status == 403:
                audit("delivery.archive refused", user, delivery_id=str(view.id))
            raise
        found = await self._found(view)
        one = next((archive for archive in found if archive.number == number), None)
        if one is None:
            raise _gone(f"The delivery has no archive {number}: there are {len(found)}.")
        try:
            file = await self._by(view.destination, partial(_opened, one.path))
        except OSError:
            raise _gone(f"{one.path.name} is not in the folder of {view.destination} any more.") from None
        audit("delivery.archive taken", user, delivery_id=str(view.id), number=number, bytes=one.bytes)
        return file

    def _check(self, view: DeliveryView, user: str) -> None:
        is_administrator = self._rights.administers(user)
        if not is_administrator and (view.deidentify is None or view.requested_by != user[:200]):
            detail = "An archive is for whoever ordered the delivery, and for administrators"
            if view.deidentify is None:
                detail = "Images that are not de-identified are for administrators only"
            raise Problem(403, "not-for-you", "Not for you", f"{detail}; api.authentication.administrators names them.")
        known = self._known.get(view.destination)
        if known is None or known.path is None or not known.zip:
            raise _not_ready(f"{view.destination} is no destination that gets one zip archive for each delivery.")
        if not view.is_settled:
            raise _not_ready(f"The archive can be taken when the delivery has ended: it is {view.state}.")
        if view.state == "cancelled" or view.refused:
            raise _not_ready("The delivery was stopped before its end; what has left of it lies at the destination.")
        if not view.delivered:
            raise _not_ready("Nothing was delivered, so that there is no archive.")

    async def _found(self, view: DeliveryView) -> tuple[DeliveredArchive, ...]:
        root = self._known[view.destination].path
        assert root is not None  # noqa: S101 - checked before
        try:
            found = await self._by(view.destination, lambda: tuple(self._look(root, view.id)))
        except OSError as error:
            raise _not_ready(
                f"The folder of {view.destination} cannot be read by the api ({error.strerror}): take {view.id}.zip "
                "there, or have the folder mounted for the api at the same path, read only."
            ) from None
        if not found:
            raise _gone(f"{view.id}.zip is not in the folder of {view.destination} any more.")
        return found

    async def _by(self, destination: str, work: Callable[[], Looked]) -> Looked:
        """What `work` comes to in a thread of this destination. Raises `OSError`, `Problem` when it takes too long."""
        looked = asyncio.get_running_loop().run_in_executor(self._lookers[destination], work)
        done, _ = await asyncio.wait([looked], timeout=PATIENCE_SECONDS)
        if not done:
            looked.cancel()
            raise _not_ready(f"The folder of {destination} does not answer the api: take the archive there.")
        return looked.result()


def _archives_in(root: Path, delivery_id: UUID) -> Iterator[DeliveredArchive]:
    """By number; a link is no archive of ours. Raises `OSError` where the folder or a file cannot be read."""
    name = re.compile(rf"{delivery_id}(?:-([2-9]|[1-9]\d{{1,8}}))?\.zip", re.ASCII)
    named = ((name.fullmatch(path.name), path) for path in root.iterdir())
    numbers = {int(match[1] or 1): path for match, path in named if match}
    for number, path in sorted(numbers.items()):
        if path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError), _opened(path) as file:  # somebody takes it away just now
                yield DeliveredArchive(number, path, os.fstat(file.fileno()).st_size)


def _opened(path: Path) -> BinaryIO:
    """A file and no link, whatever somebody makes of its name meanwhile. Raises `OSError`."""
    file = open(path, "rb", opener=_without_links)  # noqa: SIM115 - a Path knows no opener; the caller closes
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, "no file")
    return file


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _not_ready(detail: str) -> Problem:
    return Problem(409, "not-ready", "No archive", detail)


def _gone(detail: str) -> Problem:
    return Problem(404, "unknown-archive", "No such archive", detail)
