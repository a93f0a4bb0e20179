"""The search's parameters as they stand in a URL."""

import re
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from radquarry.index.document import Filters, Query

MOST_VALUES = 100
PAGE = 20
RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})?(\.\.)?(\d{4}-\d{2}-\d{2})?")


class StudyQuery(BaseModel):
    """A repeated parameter is a choice: any of its values will do. All parameters together must hold."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    q: str = Field("", max_length=10_000, description="Words in Lucene's grammar.", examples=["pneumothorax"])
    modality: list[str] = Field([], max_length=MOST_VALUES, examples=[["CT", "MR"]])
    exclude_modality: list[str] = Field([], max_length=MOST_VALUES)
    study_date: str = Field("", description="A day, or `A..B`, either end may be left out.", examples=["2023-01-01.."])
    pacs: list[str] = Field([], max_length=MOST_VALUES)
    patient_sex: list[str] = Field([], max_length=MOST_VALUES)
    institution_name: list[str] = Field([], max_length=MOST_VALUES)
    body_part_examined: list[str] = Field([], max_length=MOST_VALUES)
    language: list[str] = Field([], max_length=MOST_VALUES, description="Of the report.", examples=[["de"]])
    has_report: bool | None = None
    is_gone: bool | None = Field(None, description="Only studies that the PACS no longer has, or only those it has.")
    sort: Literal["relevance", "newest", "oldest"] = "relevance"
    limit: int | None = Field(None, ge=1, le=1000, description="Hits of one page (20); rows of a table (all).")
    after: str | None = Field(None, max_length=4096, description="The cursor that the page before gave.")
    format: Literal["json", "csv", "xlsx", "parquet"] = "json"

    @field_validator("study_date")
    @classmethod
    def _readable(cls, text: str) -> str:
        _range(text)
        return text

    @model_validator(mode="after")
    def _in_order(self) -> "StudyQuery":
        begin, end = _range(self.study_date)
        if begin and end and begin > end:
            raise ValueError("study_date ends before it begins")
        return self

    def wanted(self) -> Query:
        """What the index is asked."""
        begin, end = _range(self.study_date)
        same: dict[str, Any] = {
            name: tuple(getattr(self, name))
            for name in (
                "modality",
                "exclude_modality",
                "pacs",
                "patient_sex",
                "institution_name",
                "body_part_examined",
                "language",
            )
        }
        filters = Filters(
            study_date_from=begin, study_date_to=end, has_report=self.has_report, is_gone=self.is_gone, **same
        )
        return Query(q=self.q, filters=filters, sort=self.sort, limit=self.limit or PAGE, after=self.after)


def _range(text: str) -> tuple[date | None, date | None]:
    """`A`, `A..B`, `A..` or `..B`, both ends included; raises `ValueError`."""
    found = RANGE.fullmatch(text.strip())
    if found is None or (text.strip() == ".."):
        raise ValueError("a day is written 2024-06-28, a range 2024-01-01..2024-06-28")
    begin, dots, end = found.groups()
    if begin and end and not dots:
        raise ValueError("a day is written 2024-06-28, a range 2024-01-01..2024-06-28")
    try:
        first, last = (date.fromisoformat(day) if day else None for day in (begin, end))
    except ValueError:
        raise ValueError("study_date names a day that no calendar has") from None
    return (first, last) if dots else (first or last, first or last)
