"""What the search answers: documents of the index, flat, in the standard's words."""

from datetime import date, time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

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
    "after": "WzQuMiwgIjEuMiJd",
}


class Found(BaseModel):
    """One page of hits; `total`, `facets` and `months` count over all of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    total: int
    hits: tuple[StudyHit, ...]
    facets: dict[str, tuple[FacetValue, ...]]
    months: dict[str, int] = Field(description="`YYYY-MM` → studies.")
    after: str | None


class StudyDetail(StudyFields):
    """One study with its series and its report; `report_missing` says why there is none."""

    series: tuple[Series, ...] = ()
    ris: str = ""
    report: Report | None = None
    report_missing: str = ""


def found(page: Page) -> Found:
    """A page of the index in the documented shape."""
    hits = tuple(_hit(hit) for hit in page.hits)
    return Found(total=page.total, hits=hits, facets=page.facets, months=page.months, after=page.after)


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
    }
