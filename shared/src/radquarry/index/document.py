"""One searchable document per study, merged from parts that arrive in any order."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from radquarry.index.parts import GonePart, MissingReportPart, Part, ReportPart, StudyPart, age
from radquarry.messages import Report, Study

__all__ = ["GonePart", "MissingReportPart", "Part", "ReportPart", "StudyPart"]


class Document(BaseModel):
    """A study as the search store holds it. `study` is None while only its report has arrived.

    `gone`: PACS → when it last turned out not to have the study. `gone_at` is that of `pacs`, the one that gave
    the study last, and None when its answer is later: then the study is there. What was known of it stays.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    pacs: str = ""
    study: Study | None = None
    answered_at: AwareDatetime | None = None
    ris: str = ""
    report: Report | None = None
    report_missing: str = ""
    report_asked_at: AwareDatetime | None = None
    gone: dict[str, AwareDatetime] = {}
    gone_at: AwareDatetime | None = None

    def merged(self, part: Part) -> "Document":
        """This document with `part` in it; merging commutes and merging twice is merging once (see `age`)."""
        match part:
            case GonePart(pacs=pacs, gone_at=gone_at):
                if pacs in self.gone and self.gone[pacs] >= gone_at:
                    return self
                return self._with({"gone": self.gone | {pacs: gone_at}})
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
        return self._with(fresh)

    def _with(self, fresh: dict[str, object]) -> "Document":
        made = self.model_copy(update=fresh)
        gone_at = made.gone.get(made.pacs)
        is_there_again = gone_at and made.answered_at and made.answered_at > gone_at
        return made.model_copy(update={"gone_at": None if is_there_again else gone_at})

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


class Filters(BaseModel):
    """Conditions beside the query's words; within one field any value will do, all fields must hold.

    `modality` looks at ModalitiesInStudy; `study_date_from` and `study_date_to` are both included.
    `is_gone`: only studies that the PACS no longer has, or only those it has.
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
    is_gone: bool | None = None


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
