"""Questions at study and series level, and how their rows become studies and series."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from pydicom import Dataset

from radquarry.dicom.finding import Question
from radquarry.dicom.rows import Row
from radquarry.finder.keys import element
from radquarry.finder.parts import Part
from radquarry.messages import Series, Study

Item = TypeVar("Item")

STUDY_KEYS = (
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ModalitiesInStudy",
    "InstitutionName",
    "ReferringPhysicianName",
    "StudyDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)
SERIES_KEYS = (
    "Modality",
    "SeriesDescription",
    "BodyPartExamined",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "NumberOfSeriesRelatedInstances",
)
QUERY_CHARSET = "ISO_IR 192"
"""What we ask in, and would like the answer in; many a PACS answers in its own and says so."""

Problems = Counter[str]


def studies_question(part: Part, charset: str, problems: Problems) -> Question[Study]:
    """Every study of `part`; keywords that could not be read are counted in `problems`."""
    identifier = _identifier("STUDY", STUDY_KEYS)
    identifier.StudyDate = part.study_date
    identifier.StudyTime = part.study_time
    identifier.ModalitiesInStudy = part.modality
    for keyword, pattern in part.patterns:
        identifier.add(element(keyword, pattern))
    return Question(identifier, partial(_read, study_of, problems), charset)


def study_by_uid_question(study_instance_uid: str, charset: str, problems: Problems) -> Question[Study]:
    """One study, whatever its date."""
    identifier = _identifier("STUDY", STUDY_KEYS)
    identifier.StudyInstanceUID = study_instance_uid
    return Question(identifier, partial(_read, study_of, problems), charset)


def series_question(
    study_instance_uid: str, charset: str, problems: Problems, modality: str = "", number: int | None = None
) -> Question[Series]:
    """Every series of a study, or those of one modality or with one series number."""
    identifier = _identifier("SERIES", SERIES_KEYS)
    identifier.StudyInstanceUID = study_instance_uid
    identifier.Modality = modality
    identifier.SeriesNumber = number
    return Question(identifier, partial(_read, series_of, problems), charset)


def study_of(row: Row) -> Study:
    """Raises `NotAUid` when the row names no study."""
    return Study(
        study_instance_uid=row.uid("StudyInstanceUID"),
        accession_number=row.text("AccessionNumber"),
        study_date=row.date("StudyDate"),
        study_time=row.time("StudyTime"),
        study_description=row.text("StudyDescription"),
        modalities_in_study=row.texts("ModalitiesInStudy"),
        patient_id=row.text("PatientID"),
        patient_name=row.text("PatientName"),
        patient_birth_date=row.date("PatientBirthDate"),
        patient_sex=row.text("PatientSex"),
        patient_age=row.text("PatientAge"),
        institution_name=row.text("InstitutionName"),
        referring_physician_name=row.text("ReferringPhysicianName"),
        number_of_study_related_series=row.integer("NumberOfStudyRelatedSeries"),
        number_of_study_related_instances=row.integer("NumberOfStudyRelatedInstances"),
    )


def series_of(row: Row) -> Series:
    """Raises `NotAUid` when the row names no series."""
    return Series(
        series_instance_uid=row.uid("SeriesInstanceUID"),
        modality=row.text("Modality"),
        series_number=row.integer("SeriesNumber"),
        series_description=row.text("SeriesDescription"),
        body_part_examined=row.text("BodyPartExamined"),
        number_of_series_related_instances=row.integer("NumberOfSeriesRelatedInstances"),
    )


def _read(read: Callable[[Row], Item], problems: Problems, row: Row) -> Item:
    item = read(row)
    problems.update(row.problems)
    return item


def _identifier(level: str, keys: tuple[str, ...]) -> Dataset:
    identifier = Dataset()
    identifier.SpecificCharacterSet = QUERY_CHARSET
    identifier.QueryRetrieveLevel = level
    for keyword in keys:
        setattr(identifier, keyword, None)
    return identifier
