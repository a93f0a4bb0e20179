"""Studies in an archive, as the mover leaves them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import FileDataset

from radquarry.messages import (
    InstanceState,
)
from tests.exporter.cleaning import ct, written


@dataclass
class Study:
    """A study in the archive: its files by SOP Instance UID."""

    uid: str
    series: str
    files: dict[str, Path] = field(default_factory=dict)

    def states(self, *missing: str) -> tuple[InstanceState, ...]:
        """What a retrieval says of its instances."""
        there = [
            InstanceState(series_instance_uid=self.series, sop_instance_uid=uid, received=True) for uid in self.files
        ]
        lost = [InstanceState(series_instance_uid=self.series, sop_instance_uid=uid, received=False) for uid in missing]
        return (*there, *lost)


def archived(
    folder: Path, number: int = 1, count: int = 3, change: Callable[[FileDataset], None] | None = None
) -> Study:
    """CTs of one patient, as storescp would have stored them."""
    study = Study(f"1.2.826.0.1.{number}", f"1.2.826.0.1.{number}.1")
    for instance in range(1, count + 1):
        add(folder, study, instance, change)
    return study


def add(folder: Path, study: Study, instance: int, change: Callable[[FileDataset], None] | None = None) -> str:
    """One more instance; its UID."""
    dataset = ct()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study.uid, study.series
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid = f"{study.series}.{instance}"
    if change is not None:
        change(dataset)
    path = folder / "archive" / study.uid / study.series / f"{uid}.dcm"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(dataset))
    study.files[uid] = path
    return uid
