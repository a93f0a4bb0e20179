"""A hospital whose PACS has faults, and what it holds."""

from datetime import date
from typing import Any

from radquarry.hospital import Hospital

from .conftest import OpenHospital

DAY = {"StudyDate": "20250520"}


def switched(open_hospital: OpenHospital, **faults: Any) -> Hospital:
    """Opened with these faults of its PACS."""
    return open_hospital(pacs_faults=faults)


def uids_of(hospital: Hospital, day: date = date(2025, 5, 20)) -> set[str]:
    """The studies of a day, which is that of `DAY`."""
    return {study.study_instance_uid for study in hospital.truth.studies(day, day)}


def a_study(hospital: Hospital, modality: str = "MR") -> str:
    """The first of this modality."""
    return next(study.study_instance_uid for study in hospital.truth.studies() if study.modality == modality)
