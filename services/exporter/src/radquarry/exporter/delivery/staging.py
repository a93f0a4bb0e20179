"""Makes the files of a delivery's studies ready to leave: as they are, or de-identified in a folder of their own."""

import asyncio
import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from radquarry.exporter.delivery.archive import Archive
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.delivery.ledger import Expected, Kept
from radquarry.exporter.delivery.room import Room
from radquarry.exporter.pseudonyms.mapping_file import Row
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.ways.port import Staged

LEFT = "it is not in the archive"


@dataclass
class Ready:
    """What may leave of a study, what may not, and whose pseudonyms are which.

    `values`: how many of the patient's own values were cleaned away, by SOP Instance UID.
    """

    files: list[Staged] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    rows: set[Row] = field(default_factory=set)
    values: dict[str, int] = field(default_factory=dict)


class Staging:
    """`{folder}/{delivery_id}/{study_instance_uid}/{turn}`, a folder of its own for each turn of a study.

    Whoever was taken for dead and goes on does not find its files any more, and does not write among another's.
    """

    def __init__(self, folder: Path, archive: Archive, engine: Engine, room: Room) -> None:
        self._folder = folder
        self._archive = archive
        self._engine = engine
        self._room = room

    async def make_ready(self, of: Consignment, study: str, turn: str, wanted: Sequence[Expected]) -> Ready:
        """Raises `DestinationAway` when there is no room, and what the engine raises."""
        ready = Ready()
        paths = await asyncio.to_thread(self._archive.files, study, wanted)
        here = [one for one in wanted if one.sop_instance_uid in paths]
        ready.kept = [Kept(one, "missing", one.problem or LEFT) for one in wanted if one.sop_instance_uid not in paths]
        for one in here:
            await asyncio.to_thread(_as_it_is, ready, one, paths[one.sop_instance_uid])
        if of.deidentify is not None and ready.files:
            received, ready.files = {file.sop_instance_uid: file for file in ready.files}, []
            await asyncio.to_thread(self._room.demand, sum(file.bytes for file in received.values()))
            here = [one for one in here if one.sop_instance_uid in received]
            folder = self._of(of, study) / turn
            await asyncio.to_thread(_alone, folder)
            await self._clean(folder, of, here, [paths[one.sop_instance_uid] for one in here], ready)
        return ready

    async def _clean(
        self, folder: Path, of: Consignment, here: Sequence[Expected], paths: Sequence[Path], ready: Ready
    ) -> None:
        assert of.deidentify is not None  # noqa: S101 - else there is nothing to clean
        sources = [Source(number, path) for number, path in enumerate(paths)]
        async with self._engine.cleaned(folder, of.deidentify, sources, map_wanted=of.mapping) as work:
            async for source, outcome, rows in work:
                one = here[source.number]
                if outcome.state in ("released", "repeated"):
                    ready.files.append(await asyncio.to_thread(staged, one, folder / outcome.path))
                    ready.values[one.sop_instance_uid] = outcome.own_values_found
                    ready.rows.update(rows)
                else:
                    ready.kept.append(Kept(one, "held back", outcome.reason, outcome))

    async def clear(self, of: Consignment, study: str, turn: str) -> None:
        """Nothing of this turn is needed any more."""
        await asyncio.to_thread(shutil.rmtree, self._of(of, study) / turn, ignore_errors=True)
        with suppress(OSError):  # another turn's files lie there
            await asyncio.to_thread(self._of(of, study).rmdir)

    async def clear_all(self, of: Consignment) -> None:
        """Nothing of a delivery is needed any more."""
        await asyncio.to_thread(shutil.rmtree, self._folder / str(of.delivery_id), ignore_errors=True)

    def _of(self, of: Consignment, study: str) -> Path:
        return self._folder / str(of.delivery_id) / study


def _as_it_is(ready: Ready, one: Expected, path: Path) -> None:
    try:
        file = staged(one, path)
    except OSError as error:
        ready.kept.append(Kept(one, "missing", f"its file in the archive cannot be read: {error.strerror}"))
        return
    if one.sha256 not in ("", file.sha256):
        ready.kept.append(Kept(one, "failed", "its file in the archive is not the one that was received"))
    else:
        ready.files.append(file)


def staged(one: Expected, path: Path) -> Staged:
    """A file with its digest. Raises `OSError`."""
    with path.open("rb", buffering=0) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    uids = one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid
    return Staged(*uids, path, size, digest, one.is_taken, one.broke_off)


def _alone(folder: Path) -> None:
    """A new folder, without those of turns that have ended otherwise."""
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
