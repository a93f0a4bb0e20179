"""What `/studies/{uid}/changes` answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from radquarry.messages import Change, Study

FORMER: dict[str, Any] = {
    "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
    "accession_number": "A0001234",
    "study_date": "2024-03-04",
    "study_description": "CT Thorax",
    "modalities_in_study": ["CT"],
    "patient_id": "PID0000041",
    "patient_name": "Muster^Maria",
    "number_of_study_related_series": 3,
    "number_of_study_related_instances": 412,
}
EXAMPLE: dict[str, Any] = {
    "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
    "items": [
        {
            "kind": "merged-patient",
            "seen_at": "2024-04-04T02:10:00Z",
            "pacs": "main",
            "crawl_id": "0d7b9c1e-6c0e-4f0e-9f6a-0f6f5b1f6a11",
            "former": FORMER,
        }
    ],
    "after": None,
}


class StudyChangeShown(BaseModel):
    """One change.

    `late-series`: more or other series or images; `merged-patient`: another patient id; `re-identified`: another
    accession number, name or birth date; `gone`: its day was listed completely without it; `returned`: it is back.
    """

    kind: Change
    seen_at: datetime
    pacs: str
    crawl_id: UUID = Field(description="The crawl that saw it.")
    former: Study = Field(description="The study as it was known before.")


class StudyChangesAnswer(BaseModel):
    """Newest first, at most 500."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    study_instance_uid: str
    items: tuple[StudyChangeShown, ...]
    after: str | None = None
