"""A study in one line, as hits, timelines and retrievals show it."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from radquarry.api.pages.formats import age
from radquarry.api.pages.visible import visible
from radquarry.index.document import Document


@dataclass(frozen=True)
class StudyLine:
    """Date · modality · description · age and sex · institution. `age` is a number and its DICOM unit letter."""

    uid: str
    day: date | None
    modalities: tuple[str, ...]
    description: str
    age: tuple[int, str] | None
    sex: str
    institution: str
    has_report: bool
    report_missing: str
    is_gone: bool

    @property
    def href(self) -> str:
        """Where the study's own page is."""
        return f"/studies/{quote(self.uid, safe='')}"


def study_line(document: Document) -> StudyLine:
    """The line of a document, also of one whose study has not been found yet."""
    study = document.study
    return StudyLine(
        uid=document.study_instance_uid,
        day=study.study_date if study else None,
        modalities=study.modalities_in_study if study else (),
        description=visible(study.study_description) if study else "",
        age=age(study.patient_age, study.patient_birth_date, study.study_date) if study else None,
        sex=study.patient_sex if study else "",
        institution=visible(study.institution_name) if study else "",
        has_report=document.report is not None,
        report_missing=document.report_missing,
        is_gone=document.gone_at is not None,
    )
