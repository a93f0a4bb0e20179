"""pydicom's own sample files as studies of the PACS: real input, served as it is."""

import warnings
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pydicom
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue

from radquarry.hospital.matching import day_of
from radquarry.hospital.studies import Instance, Record, Series, Study

_IDENTITY = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
_STUDY = (
    "StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "AccessionNumber", "StudyDescription",
    "ReferringPhysicianName", "InstitutionName", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "PatientAge",
)  # fmt: skip
_SERIES = (
    "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "BodyPartExamined", "ProtocolName",
    "Laterality", "SeriesDate", "SeriesTime", "StationName", "Manufacturer",
)  # fmt: skip
_INSTANCE = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "Rows", "Columns")
_HEADER = list(dict.fromkeys(_STUDY + _SERIES + _INSTANCE + ("SpecificCharacterSet",)))
_NOT_SENDABLE = {
    "MR_truncated.dcm": "its pixel data ends early",
    "SC_rgb_jpeg.dcm": "it is written in implicit VR and says explicit",
    "rtplan_truncated.dcm": "its last sequence ends early",
}
_FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"


class SampleStudies:
    """The sample files that have study, series and instance UIDs, indexed once; a doubled instance counts once."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._studies = {study.study_instance_uid: study for study in _read(folder)}

    def with_uid(self, study_instance_uid: str) -> list[Study]:
        """The sample study of that UID, if there is one."""
        study = self._studies.get(study_instance_uid)
        return [study] if study else []

    def between(self, first: date, last: date) -> Iterator[Study]:
        """The sample studies of those days, both included."""
        for study in self._studies.values():
            day = day_of(str(study.record["StudyDate"]))
            if day and first <= day <= last:
                yield study

    def of_patient_id(self, patient_id: str) -> Iterator[Study]:
        """The sample studies of one patient."""
        return (study for study in self._studies.values() if study.record["PatientID"] == patient_id)

    def with_accession_number(self, accession_number: str) -> Iterator[Study]:
        """The sample studies that bear exactly this accession number."""
        return (study for study in self._studies.values() if study.record["AccessionNumber"] == accession_number)

    def all(self) -> Iterator[Study]:
        """Every sample study."""
        return iter(self._studies.values())

    def kinds(self) -> set[tuple[str, str]]:
        """The (SOP class UID, transfer syntax UID) pairs among the files."""
        instances = (instance for study in self._studies.values() for instance in study.instances())
        return {(instance.sop_class_uid, instance.transfer_syntax_uid) for instance in instances}


def _read(folder: Path) -> Iterator[Study]:
    """Group the files by study and series."""
    grouped: dict[str, dict[str, dict[str, tuple[Path, Dataset]]]] = {}
    for path in sorted(folder.rglob("*")):
        header = _header(path)
        if header is not None:
            series = grouped.setdefault(header.StudyInstanceUID, {}).setdefault(header.SeriesInstanceUID, {})
            series.setdefault(header.SOPInstanceUID, (path, header))
    for study in grouped.values():
        yield _study([list(series.values()) for series in study.values()])


def _header(path: Path) -> Dataset | None:
    if not path.is_file() or path.name in _NOT_SENDABLE or path.name.startswith("DICOMDIR"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = dcmread(path, stop_before_pixels=True, specific_tags=_HEADER)
            whole = all(header.get(keyword) for keyword in _IDENTITY) and "TransferSyntaxUID" in header.file_meta
    except (InvalidDicomError, EOFError):
        return None
    return header if whole else None


def _study(series: list[list[tuple[Path, Dataset]]]) -> Study:
    first = series[0][0][1]
    record = _record(first, _STUDY) | {
        "ModalitiesInStudy": tuple(sorted({str(s[0][1].get("Modality") or "") for s in series} - {""})),
        "SOPClassesInStudy": tuple(sorted({str(header.SOPClassUID) for s in series for _, header in s})),
        "NumberOfStudyRelatedSeries": str(len(series)),
        "NumberOfStudyRelatedInstances": str(sum(map(len, series))),
    }
    return Study(str(first.StudyInstanceUID), record, lambda: [_series(files) for files in series])


def _series(files: list[tuple[Path, Dataset]]) -> Series:
    record = _record(files[0][1], _SERIES) | {"NumberOfSeriesRelatedInstances": str(len(files))}
    uid = str(files[0][1].SeriesInstanceUID)
    return Series(uid, record, lambda: [_instance(path, header) for path, header in files])


def _instance(path: Path, header: Dataset) -> Instance:
    return Instance(
        sop_instance_uid=str(header.SOPInstanceUID),
        sop_class_uid=str(header.SOPClassUID),
        transfer_syntax_uid=str(header.file_meta.TransferSyntaxUID),
        record=_record(header, _INSTANCE),
        load=partial(dcmread, path),
    )


def _record(header: Dataset, keywords: tuple[str, ...]) -> Record:
    record: Record = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword in keywords:
            value = header.get(keyword)
            several = isinstance(value, MultiValue | list)
            record[keyword] = tuple(map(str, value)) if several else "" if value is None else str(value)
    return record
