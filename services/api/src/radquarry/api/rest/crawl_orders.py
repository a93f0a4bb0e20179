"""What a crawl can be asked for over REST: days, a list, queries, or the list of a RIS; one of them each time."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from radquarry.api.crawl_order import CrawlOrder
from radquarry.api.problems import invalid
from radquarry.messages import Row

Modality = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9_]{1,16}$")]
Trimmed = Annotated[str, StringConstraints(strip_whitespace=True)]
Pattern = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]

LISTS = {
    "accession_numbers": "accession_number",
    "study_instance_uids": "study_instance_uid",
    "patient_ids": "patient_id",
}
"""Lists of one kind of number: each value is a row with nothing else in it."""
FORMS = (*LISTS, "rows", "queries", "ris")
HOW = (
    "A crawl asks in one way: for days (start_date and end_date), by a list (accession_numbers, study_instance_uids, "
    "patient_ids, or rows), by queries, or by the list of a ris (with ris_filter)"
)
EXAMPLES: list[Any] = [
    {"pacs": "main", "start_date": "2024-01-01", "end_date": "2024-06-28"},
    {"pacs": "main", "start_date": "2024-06-28", "end_date": "2024-06-28", "modalities": ["CT", "MR"]},
    {"pacs": "main", "start_date": "2024-01-01", "end_date": "2024-01-31", "study_description": "*thorax*"},
    {"pacs": "main", "accession_numbers": ["A0001234", "A0001235"]},
    {"pacs": "main", "study_instance_uids": ["1.2.826.0.1.3680043.8.498.1"]},
    {
        "pacs": "main",
        "rows": [{"accession_number": "A0001234", "patient_id": "PID42", "study_date": "2024-03-04", "modality": "CT"}],
        "modalities": ["CT"],
    },
    {"pacs": "main", "queries": [{"QueryRetrieveLevel": "STUDY", "PatientID": "PID42", "StudyDate": "20240101-"}]},
    {"pacs": "main", "ris": "reports", "ris_filter": {"start_date": "2024-01-01", "procedure": "CT Thorax"}},
]


class ListedRow(BaseModel):
    """One row of a list; date and modality help where its number finds nothing."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    accession_number: Trimmed = ""
    study_instance_uid: Trimmed = ""
    patient_id: Trimmed = ""
    study_date: date | None = None
    modality: Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True)] = ""


class CrawlRequest(BaseModel):
    """What to ask of which PACS, in one of four ways. Days include both ends; no modality is all of them."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": EXAMPLES})

    pacs: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    start_date: date | None = None
    end_date: date | None = None
    modalities: tuple[Modality, ...] = Field((), max_length=50, description="With any way: only studies with these.")
    study_description: Pattern = Field("", description="With days: `*` and `?` as DICOM has them.")
    institution_name: Pattern = Field("", description="With days: `*` and `?` as DICOM has them.")
    accession_numbers: tuple[Trimmed, ...] | None = Field(None, description="A list: one result for each.")
    study_instance_uids: tuple[Trimmed, ...] | None = None
    patient_ids: tuple[Trimmed, ...] | None = None
    rows: tuple[ListedRow, ...] | None = Field(None, description="A list with more than one number in a row.")
    queries: tuple[dict[str, str | None], ...] | None = Field(
        None, description="C-FIND identifiers: DICOM keyword → value; `*` or nothing is: return it."
    )
    ris: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        None, description="A RIS of `kind: sql`: its query gives the accession numbers."
    )
    ris_filter: dict[str, str] | None = Field(None, description="Parameter of that query → value.")

    def wanted(self) -> CrawlOrder:
        """The order; raises the problem to show where it is in no way, or in two."""
        forms = self._forms()
        if len(forms) > 1:
            raise invalid(f"{HOW}; this one names {' and '.join(forms)}.")
        narrowing = [name for name in ("study_description", "institution_name") if getattr(self, name)]
        if narrowing and forms != ["days"]:
            raise invalid(f"{' and '.join(narrowing)}: only with days (start_date and end_date).")
        if self.ris_filter and self.ris is None:
            raise invalid("ris_filter: only with ris.")
        for name in forms:
            if name in FORMS and name != "ris" and not getattr(self, name):
                raise invalid(f"{name} is empty.")
        return CrawlOrder(
            pacs=self.pacs,
            start_date=self.start_date,
            end_date=self.end_date,
            modalities=tuple(dict.fromkeys(self.modalities)),
            study_description=self.study_description,
            institution_name=self.institution_name,
            rows=self._rows(),
            queries=tuple({key: value or "" for key, value in query.items()} for query in self.queries or ()),
            ris=self.ris or "",
            ris_filter=self.ris_filter or {},
        )

    def _forms(self) -> list[str]:
        days = ["days"] if self.start_date is not None or self.end_date is not None else []
        return [*days, *(name for name in FORMS if getattr(self, name) is not None)]

    def _rows(self) -> tuple[Row, ...]:
        for form, meaning in LISTS.items():
            values = getattr(self, form)
            if values is not None:
                return tuple(Row.model_validate({"number": n, meaning: value}) for n, value in enumerate(values, 1))
        return tuple(Row(number=n, **dict(row)) for n, row in enumerate(self.rows or (), 1))
