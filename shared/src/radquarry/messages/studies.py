"""What the PACS and the RIS say about a study."""

from datetime import date, time
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from radquarry.messages.kinds import Event


class Series(BaseModel):
    """One series, as a series-level C-FIND answered it (PS3.4 Table C.6-3)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    series_instance_uid: str
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part_examined: str = ""
    number_of_series_related_instances: int | None = None


class Study(BaseModel):
    """One study, as a study-level C-FIND answered it (PS3.4 Table C.6-2), text decoded, padding trimmed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    accession_number: str = ""
    study_date: date | None = None
    study_time: time | None = None
    study_description: str = ""
    modalities_in_study: tuple[str, ...] = ()
    patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: date | None = None
    patient_sex: str = ""
    patient_age: str = ""
    institution_name: str = ""
    referring_physician_name: str = ""
    number_of_study_related_series: int | None = None
    number_of_study_related_instances: int | None = None
    series: tuple[Series, ...] = ()


Link = Literal["exact", "accession", "patient-date", "several", "conflict", "none"]


class Report(BaseModel):
    """One report, as the RIS gave it, in plain text.

    `link` says how it was found: by the accession number as it is (`exact`), normalised (`accession`), …
    `issued` orders versions: the latest wins, whatever the order of arrival.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    report_id: str
    text: str
    issued: AwareDatetime
    status: str = ""
    version: str = ""
    language: str = ""
    performer: str = ""
    link: Link = "exact"


class StudyFound(Event):
    """The PACS holds this study. `answered_at` orders visits: the latest wins."""

    topic: ClassVar[str] = "study.found"

    crawl_id: UUID
    pacs: str
    study: Study
    answered_at: AwareDatetime


class ReportFetched(Event):
    """The RIS gave the report of this study."""

    topic: ClassVar[str] = "report.fetched"

    crawl_id: UUID
    study_instance_uid: str
    ris: str
    report: Report


class ReportMissing(Event):
    """The RIS was asked and has no report of this study yet; it is asked again at `ask_again_at`."""

    topic: ClassVar[str] = "report.missing"

    crawl_id: UUID
    study_instance_uid: str
    ris: str
    reason: str
    asked_at: AwareDatetime
    ask_again_at: AwareDatetime | None = None


class DocumentIndexed(Event):
    """The search store holds these parts of the study's document, durably."""

    topic: ClassVar[str] = "document.indexed"

    crawl_id: UUID
    study_instance_uid: str
    part: Literal["study", "report", "report-missing"]
