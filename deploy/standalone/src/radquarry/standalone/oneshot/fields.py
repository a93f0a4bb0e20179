"""The columns of a table of studies: DICOM keyword → the text of a cell, as DICOM writes it."""

from collections.abc import Callable, Sequence
from datetime import date, time

from radquarry.finder.queries import checked
from radquarry.messages import Study


def _day(day: date | None) -> str:
    return day.isoformat().replace("-", "") if day else ""  # strftime drops the zeros of a year before 1000


def _clock(at: time | None) -> str:
    return "" if at is None else f"{at:%H%M%S.%f}" if at.microsecond else f"{at:%H%M%S}"


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


LISTED: dict[str, Callable[[Study], str]] = {
    "StudyInstanceUID": lambda study: study.study_instance_uid,
    "AccessionNumber": lambda study: study.accession_number,
    "StudyDate": lambda study: _day(study.study_date),
    "StudyTime": lambda study: _clock(study.study_time),
    "StudyDescription": lambda study: study.study_description,
    "ModalitiesInStudy": lambda study: "\\".join(study.modalities_in_study),
    "PatientID": lambda study: study.patient_id,
    "PatientName": lambda study: study.patient_name,
    "PatientBirthDate": lambda study: _day(study.patient_birth_date),
    "PatientSex": lambda study: study.patient_sex,
    "PatientAge": lambda study: study.patient_age,
    "InstitutionName": lambda study: study.institution_name,
    "ReferringPhysicianName": lambda study: study.referring_physician_name,
    "NumberOfStudyRelatedSeries": lambda study: _number(study.number_of_study_related_series),
    "NumberOfStudyRelatedInstances": lambda study: _number(study.number_of_study_related_instances),
}
"""What the listing of a day carries already."""
CONSTANT = ("Modality", "QueryRetrieveLevel", "SpecificCharacterSet")
"""Filled in by us: the modality that was asked for (else all of the study's), the level, and UTF-8's term."""


def unlisted(fields: Sequence[str]) -> tuple[str, ...]:
    """The columns for which each study has to be asked once more; raises `QueryRefused` for one that nobody can ask."""
    further = tuple(keyword for keyword in fields if keyword not in LISTED and keyword not in CONSTANT)
    if further:
        checked({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.3", **dict.fromkeys(further, "")})
    return further


def cells_of(study: Study, fields: Sequence[str], level: str, modality: str) -> dict[str, str]:
    """The cells that need no further question."""
    constant = {
        "Modality": modality or LISTED["ModalitiesInStudy"](study),
        "QueryRetrieveLevel": level,
        "SpecificCharacterSet": "ISO_IR 192",
    }
    return {
        keyword: constant.get(keyword) or LISTED[keyword](study)
        for keyword in fields
        if keyword in LISTED or keyword in constant
    }


def place_of(study: Study) -> str:
    """What the lines of a table are in order of: day, time, UID."""
    return f"{_day(study.study_date)} {_clock(study.study_time)} {study.study_instance_uid}"
