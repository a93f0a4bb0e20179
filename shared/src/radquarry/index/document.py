"""One searchable document per study, merged from parts that arrive in any order."""

import re
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

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


def unfit(part: Part) -> str:
    """Why no store takes this part, or "": its key could not be found again."""
    uid = part.study.study_instance_uid if isinstance(part, StudyPart) else part.study_instance_uid
    return "" if _A_KEY.fullmatch(uid) else "the StudyInstanceUID is empty, longer than 128, or not printable ASCII"


_A_KEY = re.compile(r"[\x21-\x7e]{1,128}")


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
        """This document with `part` in it; merging commutes and merging twice is merging once (see `age`)."""
        match part:
            case StudyPart():
                here = self._study_part()
                fresh: dict[str, object] = {
                    "pacs": part.pacs,
                    "study": part.study,
                    "answered_at": part.answered_at,
                }
            case ReportPart():
                here = self._report_part()
                fresh = {
                    "ris": part.ris,
                    "report": part.report,
                    "report_missing": "",
                    "report_asked_at": None,
                }
            case MissingReportPart():
                if self.report is not None:
                    return self
                here = self._missing_part()
                fresh = {
                    "ris": part.ris,
                    "report_missing": part.reason,
                    "report_asked_at": part.asked_at,
                }
        if here is not None and age(here) >= age(part):
            return self
        return self.model_copy(update=fresh)

    def _study_part(self) -> "Part | None":
        if self.study is None or self.answered_at is None:
            return None
        return StudyPart(pacs=self.pacs, study=self.study, answered_at=self.answered_at)

    def _report_part(self) -> "Part | None":
        if self.report is None:
            return None
        return ReportPart(study_instance_uid=self.study_instance_uid, ris=self.ris, report=self.report)

    def _missing_part(self) -> "Part | None":
        if self.report_asked_at is None:
            return None
        return MissingReportPart(
            study_instance_uid=self.study_instance_uid,
            ris=self.ris,
            reason=self.report_missing,
            asked_at=self.report_asked_at,
        )


def age(part: Part) -> str:
    """Of two parts of one kind, the one with the greater age is kept; ASCII, compared letter by letter.

    Time first, then the report's version (`10` is later than `9`); the digest decides between parts that
    claim the same moment, so that every store keeps the same one whatever came first.
    """
    match part:
        case StudyPart():
            told_at, version = part.answered_at, ""
        case ReportPart():
            told_at, version = part.report.issued, part.report.version
        case MissingReportPart():
            told_at, version = part.asked_at, ""
    counted = re.sub(r"[0-9]+", lambda number: number[0].zfill(12), version[:64])
    microseconds = (told_at - _YEAR_ONE) // timedelta(microseconds=1) + _A_DAY
    digest = sha256(part.model_dump_json().encode()).hexdigest()[:16]
    return f"{microseconds:020d} {counted.encode().hex()} {digest}"


_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_A_DAY = 86_400_000_000
"""Keeps moments positive that lie in year one only by their time zone."""


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

    `after` is the cursor that the page before gave; empty `q` matches every study. A `limit` of 0 only counts.
    Without words that could be weighed, `relevance` is `newest`. Studies without a date come last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = ""
    filters: Filters = Filters()
    sort: Literal["relevance", "newest", "oldest"] = "relevance"
    limit: Annotated[int, Field(ge=0, le=1000)] = 20
    after: str | None = None


class Piece(BaseModel):
    """A stretch of report text; `match` where it is why the study was found. Plain text, never markup."""

    model_config = ConfigDict(frozen=True)

    text: str
    match: bool = False


class Hit(BaseModel):
    """A found document and up to three passages of its report (or description), cut into pieces.

    Where no word of the text is why it was found, the report's beginning, without a match.
    """

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
