"""One searchable document per study, merged from parts that arrive in any order."""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from radquarry.messages import Report, Study


class StudyPart(BaseModel):
    """What the PACS says. The part with the latest `answered_at` wins, whatever the order of arrival."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["study"] = "study"
    pacs: str
    study: Study
    answered_at: AwareDatetime

    @property
    def study_instance_uid(self) -> str:
        """The key of the document this part belongs to."""
        return self.study.study_instance_uid


class ReportPart(BaseModel):
    """What the RIS says. The report with the latest `issued`, then the highest `version`, wins."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["report"] = "report"
    study_instance_uid: str
    ris: str
    report: Report


class MissingReportPart(BaseModel):
    """The RIS has no report yet: shown while there is none, and never takes a report away."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["report-missing"] = "report-missing"
    study_instance_uid: str
    ris: str
    reason: str
    asked_at: AwareDatetime


Part = StudyPart | ReportPart | MissingReportPart


class Document(BaseModel):
    """A study as the search store holds it. `study` is None while only its report has arrived."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    pacs: str = ""
    study: Study | None = None
    answered_at: AwareDatetime | None = None
    ris: str = ""
    report: Report | None = None
    report_missing: str = ""
    report_asked_at: AwareDatetime | None = None

    def merged(self, part: Part) -> "Document":
        """This document with `part` in it; merging commutes and merging twice is merging once."""
        match part:
            case StudyPart():
                if self.answered_at is not None and self.answered_at > part.answered_at:
                    return self
                fresh: dict[str, object] = {
                    "pacs": part.pacs,
                    "study": part.study,
                    "answered_at": part.answered_at,
                }
            case ReportPart():
                if self.report is not None and _age(self.report) > _age(part.report):
                    return self
                fresh = {
                    "ris": part.ris,
                    "report": part.report,
                    "report_missing": "",
                    "report_asked_at": None,
                }
            case MissingReportPart():
                if self.report is not None or (self.report_asked_at or part.asked_at) > part.asked_at:
                    return self
                fresh = {
                    "ris": part.ris,
                    "report_missing": part.reason,
                    "report_asked_at": part.asked_at,
                }
        return self.model_copy(update=fresh)


def _age(report: Report) -> tuple[datetime, str]:
    return report.issued, report.version


class Filters(BaseModel):
    """Conditions beside the query's words; within one field any value will do, all fields must hold.

    `modality` looks at ModalitiesInStudy; `study_date_from` and `study_date_to` are both included.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    modality: tuple[str, ...] = ()
    exclude_modality: tuple[str, ...] = ()
    study_date_from: date | None = None
    study_date_to: date | None = None
    pacs: tuple[str, ...] = ()
    patient_sex: tuple[str, ...] = ()
    institution_name: tuple[str, ...] = ()
    body_part_examined: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    has_report: bool | None = None


class Query(BaseModel):
    """What a person asks: words in Lucene's grammar (see language.py), filters, order, and which page.

    `after` is the cursor that the page before gave; empty `q` matches every study.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = ""
    filters: Filters = Filters()
    sort: Literal["relevance", "newest", "oldest"] = "relevance"
    limit: int = 20
    after: str | None = None


class Piece(BaseModel):
    """A stretch of report text; `match` where it is why the study was found. Plain text, never markup."""

    model_config = ConfigDict(frozen=True)

    text: str
    match: bool = False


class Hit(BaseModel):
    """A found document and up to three passages of its report (or description), cut into pieces."""

    model_config = ConfigDict(frozen=True)

    document: Document
    score: float | None = None
    highlights: tuple[tuple[Piece, ...], ...] = ()


class FacetValue(BaseModel):
    """How many of all hits have this value."""

    model_config = ConfigDict(frozen=True)

    value: str
    count: int


class Page(BaseModel):
    """One page of hits; `total`, `facets` and `months` count over all hits, exactly.

    `facets`: field name of `Filters` → values, most frequent first, at most 50.
    `months`: `YYYY-MM` → number of studies, in order of time; months between without any are left out.
    """

    model_config = ConfigDict(frozen=True)

    total: int
    hits: tuple[Hit, ...] = ()
    facets: dict[str, tuple[FacetValue, ...]] = {}
    months: dict[str, int] = {}
    after: str | None = None
