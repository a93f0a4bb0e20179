"""What lies in the archive: the folder itself says, whatever came, went or never was announced."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from radquarry.api.problems import unknown
from radquarry.dicom.uids import is_uid

SUFFIX = ".dcm"


@dataclass(frozen=True)
class InstanceFile:
    """One instance; its UIDs are those of its place, which the receiver took from its data set."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    path: Path

    @property
    def address(self) -> str:
        """Its resource below the service's root (PS3.18 section 10.1.1)."""
        return f"studies/{self.study_instance_uid}/series/{self.series_instance_uid}/instances/{self.sop_instance_uid}"


class ArchiveFolder:
    """`{folder}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm`; blocking, no link is followed.

    A name that is no UID is never part of a path: it is as unknown as one that is not here.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def studies(self) -> list[str]:
        """StudyInstanceUIDs, in the order of their digits."""
        return _folders(self._folder)

    def series(self, study: str) -> list[str]:
        """SeriesInstanceUIDs of a study; empty where it is not here."""
        return _folders(self._folder / study) if is_uid(study) else []

    def instances(self, study: str, series: str = "") -> list[InstanceFile]:
        """Of a study, or of one of its series; empty where it is not here."""
        wanted = [series] if series else self.series(study)
        if not is_uid(study) or not all(map(is_uid, wanted)):
            return []
        return [instance for each in wanted for instance in self._of_series(study, each)]

    def demanded(self, study: str, series: str = "") -> list[InstanceFile]:
        """As `instances`; raises the problem to show when there is none."""
        found = self.instances(study, series)
        if not found:
            raise unknown("series" if series else "study")
        return found

    def instance(self, study: str, series: str, sop: str) -> InstanceFile:
        """One instance; raises the problem to show when it is not here."""
        if not (is_uid(study) and is_uid(series) and is_uid(sop)):
            raise unknown("instance")
        file = InstanceFile(study, series, sop, self._folder / study / series / f"{sop}{SUFFIX}")
        if file.path.is_symlink() or not file.path.is_file():
            raise unknown("instance")
        return file

    def holds(self, study: str) -> bool:
        """Whether a single image of this study is here."""
        return any(True for series in self.series(study) for _ in self._of_series(study, series))

    def _of_series(self, study: str, series: str) -> Iterator[InstanceFile]:
        folder = self._folder / study / series
        names = _entries(folder, files=True)
        uids = sorted((name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)), key=_digits)
        return (InstanceFile(study, series, uid, folder / f"{uid}{SUFFIX}") for uid in uids if is_uid(uid))


def _folders(folder: Path) -> list[str]:
    return sorted(filter(is_uid, _entries(folder, files=False)), key=_digits)


def _entries(folder: Path, *, files: bool) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [
                entry.name
                for entry in entries
                if (entry.is_file(follow_symlinks=False) if files else entry.is_dir(follow_symlinks=False))
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _digits(uid: str) -> tuple[int, ...]:
    """1.2.10 comes after 1.2.9, as images are numbered."""
    return tuple(int(part) for part in uid.split(".") if part.isdecimal())
