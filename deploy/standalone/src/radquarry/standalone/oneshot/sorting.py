"""Where received files lie: sorted as pacsanini sorts them, under names that never lead out of their folder."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from radquarry.dicom.folders import folder_name
from radquarry.dicom.uids import checked_uid, is_uid
from radquarry.durable_folders import make_folder, make_names_durable
from radquarry.standalone.oneshot.headers import read_header

SortBy = Literal["PATIENT", "STUDY", "IMAGE"]
SUFFIX = ".dcm"
PREFIX = b"DICM"
PREAMBLE = 128


@dataclass(frozen=True)
class Instance:
    """A received file: whose it is, and where it lies."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    path: Path


@dataclass(frozen=True)
class Layout:
    """PATIENT: patient/study/series/image; STUDY: study/series/image; IMAGE: all in one folder."""

    directory: Path
    sort_by: SortBy

    def place(self, instance: Instance) -> Path:
        """Where it belongs; raises `NotAUid`. Of the file's own values only the patient id is read."""
        study, series, image = (
            checked_uid(uid, keyword)
            for uid, keyword in (
                (instance.study_instance_uid, "StudyInstanceUID"),
                (instance.series_instance_uid, "SeriesInstanceUID"),
                (instance.sop_instance_uid, "SOPInstanceUID"),
            )
        )
        if self.sort_by == "IMAGE":
            return self.directory / f"{image}{SUFFIX}"
        if self.sort_by == "STUDY":
            return self.directory / study / series / f"{image}{SUFFIX}"
        header = read_header(instance.path, ["PatientID"])
        patient = folder_name(str(header.get("PatientID") or "") if header is not None else "")
        return self.directory / patient / study / series / f"{image}{SUFFIX}"

    def held(self, studies: Collection[str]) -> Iterator[Instance]:
        """What is here of these studies; a file that does not begin as one of DICOM is not."""
        if self.sort_by == "IMAGE":
            yield from self._flat(frozenset(studies))
            return
        above = [self.directory] if self.sort_by == "STUDY" else list(_folders(self.directory))
        wanted = frozenset(studies)
        for folder in above:
            for study in _folders(folder):
                if study.name in wanted:
                    yield from in_study(study)

    def _flat(self, studies: frozenset[str]) -> Iterator[Instance]:
        for path in _files(self.directory):
            header = read_header(path, ["StudyInstanceUID", "SeriesInstanceUID"])
            if header is not None and str(header.get("StudyInstanceUID", "")) in studies and is_uid(path.stem):
                yield Instance(str(header.StudyInstanceUID), str(header.get("SeriesInstanceUID", "")), path.stem, path)


def in_study(study: Path) -> Iterator[Instance]:
    """The files of a folder `study/series/image`."""
    for series in _folders(study):
        for path in _files(series):
            if is_uid(series.name) and is_uid(path.stem) and _begins_as_dicom(path):
                yield Instance(study.name, series.name, path.stem, path)


def put_into_place(layout: Layout, instance: Instance) -> Instance:
    """Move a file, durably; when there is one in its place already, that one stays."""
    target = layout.place(instance)
    make_folder(target.parent)
    try:
        os.link(instance.path, target)
        make_names_durable(target.parent)
    except FileExistsError:
        pass
    instance.path.unlink()
    return replace(instance, path=target)


def _begins_as_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(PREAMBLE + len(PREFIX))[PREAMBLE:] == PREFIX
    except OSError:
        return False


def _folders(folder: Path) -> Iterator[Path]:
    yield from (path for path in _entries(folder) if path.is_dir())


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in _entries(folder) if path.suffix == SUFFIX and path.is_file())


def _entries(folder: Path) -> list[Path]:
    """Without hidden ones; a folder that is not there is empty."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
