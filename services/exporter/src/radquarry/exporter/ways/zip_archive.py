"""A zip archive for each delivery, encrypted (WinZip's AE-2, AES-256) where there is a password.

What comes when an archive has already left is another one: `…-2.zip`. An archive that was begun and not finished is
made anew. It becomes one in a folder of its own (unfinished.py).
"""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyzipper

from radquarry.durable_folders import make_names_durable
from radquarry.exporter.ways.directory import CHUNK
from radquarry.exporter.ways.pattern import Pattern
from radquarry.exporter.ways.port import Answer, Shipment, Staged
from radquarry.exporter.ways.told_steps import Made, to_its_word
from radquarry.exporter.ways.unfinished import Unfinished, away, unfinished

SOME_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every file in it: when it was cleaned is nobody's business."""
LEVEL = 1
"""Of compression: pixels gain little by more."""


class ZipArchive(Unfinished):
    """`{delivery_id}.zip` in `root`, its files at `pattern`."""

    whole = True
    takes_papers = True

    def __init__(self, root: Path, pattern: Pattern, password: str = "") -> None:
        super().__init__(root)
        self._pattern = pattern
        self._password = password

    async def deliver(self, shipment: Shipment, files: Sequence[Staged]) -> AsyncGenerator[Answer, None]:
        """See `Way`. Nothing counts as delivered before the archive has its name."""
        number = "" if shipment.parcel == 1 else f"-{shipment.parcel}"
        target = self._root / f"{shipment.delivery_id}{number}.zip"
        try:
            with unfinished(self._root, shipment) as folder:
                beside = folder / target.name
                answers = await self._written(beside, shipment, files)
                _, is_cancelled = await to_its_word(partial(_named, beside, target))
        except OSError as error:
            raise away(error) from None
        for answer in answers:
            yield answer
        if is_cancelled:
            raise asyncio.CancelledError

    async def accompany(self, shipment: Shipment, folder: Path) -> None:
        """It is in the archive."""

    async def _written(self, beside: Path, shipment: Shipment, files: Sequence[Staged]) -> list[Answer]:
        answers: dict[str, Answer] = {}
        work = _Work()
        archive = await work.done(partial(self._opened, beside))
        try:
            for file in files:
                answer = await work.done(partial(self._placed, file, answers))
                if answer.state == "delivered":
                    await work.done(partial(work.add, archive, file.path, answer.left_as))
                answers[answer.left_as or f"/{file.sop_instance_uid}"] = answer
            papers = await shipment.papers([*answers.values()])
            if papers is not None:
                for path in sorted(path for path in papers.rglob("*") if path.is_file()):
                    await work.done(partial(work.add, archive, path, path.relative_to(papers).as_posix()))
        finally:
            await work.done(archive.close)
        return [*answers.values()]

    def _opened(self, beside: Path) -> Any:
        secret = {"encryption": pyzipper.WZ_AES} if self._password else {}
        archive = pyzipper.AESZipFile(
            beside, "w", compression=pyzipper.ZIP_DEFLATED, allowZip64=True, compresslevel=LEVEL, **secret
        )
        if self._password:
            archive.setpassword(self._password.encode())
            archive.setencryption(pyzipper.WZ_AES, nbits=256)
        return archive

    def _placed(self, file: Staged, others: dict[str, Answer]) -> Answer:
        place = self._pattern.of_staged(file)
        if place in others:
            return Answer(file, "failed", "another file of the same name is in the archive; mend the pattern")
        return Answer(file, "delivered", "", place)


class _Work:
    """In threads, one step after the other: who is cancelled stops the step, and waits for it."""

    def __init__(self) -> None:
        self._is_stopped = threading.Event()

    async def done(self, step: Callable[[], Made]) -> Made:
        made, is_cancelled = await to_its_word(step, self._is_stopped.set)
        if is_cancelled:
            raise asyncio.CancelledError
        return made

    def add(self, archive: Any, path: Path, name: str) -> None:
        entry = archive.zipinfo_cls(name, date_time=SOME_TIME)
        entry.compress_type = pyzipper.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        with path.open("rb") as read, archive.open(entry, "w", force_zip64=True) as write:
            while not self._is_stopped.is_set() and (chunk := read.read(CHUNK)):
                write.write(chunk)


def _named(beside: Path, target: Path) -> None:
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    beside.replace(target)
    make_names_durable(target.parent)
