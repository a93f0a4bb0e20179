"""What the search answers: documents of the index, flat, in the standard's words."""

from datetime import date, datetime, time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.coverage_reach import Reach
from radquarry.index.document import Document, FacetValue, Hit, Page, Piece
from radquarry.messages import Report, Series, Study


class StudyFields(BaseModel):
    """A study without its series."""

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
    body_part_examined: tuple[str, ...] = ()
    number_of_study_related_series: int | None = None
    number_of_study_related_instances: int | None = None
    pacs: str = ""
    has_report: bool = False
    language: str = Field("", description="Of the report.")
    gone_at: datetime | None = Field(None, description="Its day was listed completely without it then.")


class StudyHit(StudyFields):
    """A hit; each passage of `highlights` is a list of pieces of plain text, `match` where it is why."""

    score: float | None = None
    highlights: tuple[tuple[Piece, ...], ...] = ()


EXAMPLE: dict[str, Any] = {
    "total": 1,
    "hits": [
        {
            "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
            "accession_number": "A0001234",
            "study_date": "2024-03-04",
            "study_time": "08:15:00",
            "study_description": "CT Thorax",
            "modalities_in_study": ["CT"],
            "patient_id": "PID0000042",
            "patient_name": "Muster^Maria",
            "patient_birth_date": "1957-05-02",
            "patient_sex": "F",
            "patient_age": "066Y",
            "institution_name": "Musterspital",
            "referring_physician_name": "",
            "body_part_examined": ["CHEST"],
            "number_of_study_related_series": 3,
            "number_of_study_related_instances": 412,
            "pacs": "main",
            "has_report": True,
            "language": "en",
            "gone_at": None,
            "score": 4.2,
            "highlights": [
                [
                    {"text": "Small apical ", "match": False},
                    {"text": "pneumothorax", "match": True},
                    {"text": " on the left.", "match": False},
                ]
            ],
        }
    ],
    "facets": {"modality": [{"value": "CT", "count": 1}]},
    "months": {"2024-03": 1},
    "coverage": {
        "complete": False,
        "gaps": 1,
        "unseen": 0,
        "may_grow": False,
        "pacs": [
            {
                "pacs": "main",
                "complete": False,
                "gaps": 1,
                "unseen": 0,
                "start_date": "2024-01-01",
                "end_date": "2024-03-31",
            }
        ],
    },
    "after": "WzQuMiwgIjEuMiJd",
}


class PacsCovered(BaseModel):
    """One PACS; the days from `start_date` to `end_date` were looked at, none where it was never asked."""

    pacs: str
    complete: bool
    gaps: int
    unseen: int
    start_date: date | None
    end_date: date | None


class Covered(BaseModel):
    """How far the searched days are known: what was not found is not there only where they are `complete`."""

    complete: bool = Field(description="Every searched day that is over is known to its end, in every searched PACS.")
    gaps: int = Field(description="Days with a gap, summed over PACS; `GET /coverage` says which and why.")
    unseen: int = Field(description="Days that were never asked.")
    may_grow: bool = Field(description="The range reaches to today or beyond, where studies are still to come.")
    pacs: tuple[PacsCovered, ...]


class Found(BaseModel):
    """One page of hits; `total`, `facets` and `months` count over all of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    total: int
    hits: tuple[StudyHit, ...]
    facets: dict[str, tuple[FacetValue, ...]]
    months: dict[str, int] = Field(description="`YYYY-MM` → studies.")
    coverage: Covered = Field(description="Of the days of `study_date`; without it, of all that was ever asked.")
    after: str | None


class StudyDetail(StudyFields):
    """One study with its series and its report; `report_missing` says why there is none."""

    series: tuple[Series, ...] = ()
    ris: str = ""
    report: Report | None = None
    report_missing: str = ""


def found(page: Page, reach: Reach) -> Found:
    """A page of the index in the documented shape."""
    return Found(
        total=page.total,
        hits=tuple(_hit(hit) for hit in page.hits),
        facets=page.facets,
        months=page.months,
        coverage=_covered(reach),
        after=page.after,
    )


def _covered(reach: Reach) -> Covered:
    every = tuple(PacsCovered.model_validate(vars(each) | {"complete": each.is_complete}) for each in reach.pacs)
    return Covered(
        complete=reach.is_complete, gaps=reach.gaps, unseen=reach.unseen, may_grow=reach.may_grow, pacs=every
    )


def detail(document: Document) -> StudyDetail:
    """One document in the documented shape."""
    return StudyDetail(
        **_fields(document),
        series=document.study.series if document.study else (),
        ris=document.ris,
        report=document.report,
        report_missing=document.report_missing,
    )


COLUMNS = (*StudyFields.model_fields, "report")


def table_row(document: Document) -> tuple[object, ...]:
    """One row of the table, in the order of `COLUMNS`."""
    fields = StudyFields(**_fields(document))
    report = document.report.text if document.report else ""
    return (*(getattr(fields, name) for name in StudyFields.model_fields), report)


def _hit(hit: Hit) -> StudyHit:
    return StudyHit(**_fields(hit.document), score=hit.score, highlights=hit.highlights)


def _fields(document: Document) -> dict[str, Any]:
    study = document.study or Study(study_instance_uid=document.study_instance_uid)
    fields = {name: getattr(study, name) for name in StudyFields.model_fields if name in Study.model_fields}
    body_parts = (series.body_part_examined for series in study.series)
    return fields | {
        "body_part_examined": tuple(dict.fromkeys(filter(None, body_parts))),
        "pacs": document.pacs,
        "has_report": document.report is not None,
        "language": document.report.language if document.report else "",
        "gone_at": document.gone_at,
    }
