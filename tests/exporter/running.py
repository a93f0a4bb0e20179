"""Runs of de-identification over small series, and what they leave."""

from collections.abc import Sequence
from pathlib import Path

from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import project_key
from radquarry.exporter.pseudonyms.mapping_file import Row
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.run import outcomes
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import UNCHECKED, Order
from tests.exporter.cleaning import PROJECT, SECRET, ct, written

KEY = project_key(SECRET, PROJECT)


def series(folder: Path, count: int = 3) -> list[Path]:
    """CT files of one series, called after their patient."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(1, count + 1):
        dataset = ct()
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        paths.append(folder / f"Quarrymann {number}.dcm")
        paths[-1].write_bytes(written(dataset))
    return paths


def order(folder: Path, profile: Profile | None = None) -> Order:
    """Of a run into this folder, which is made."""
    (folder / UNCHECKED).mkdir(parents=True)
    return Order(folder, profile or Profile(), KEY, map_wanted=True)


def files(folder: Path) -> list[str]:
    """Every file below it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def run(order: Order, sources: Sequence[Source], processes: int = 1) -> tuple[list[Outcome], set[Row]]:
    """What became of each file, and the rows of the mapping."""
    told, rows = [], set()
    async for _, outcome, own in outcomes(order, sources, processes):
        told.append(outcome)
        rows |= set(own)
    return told, rows
