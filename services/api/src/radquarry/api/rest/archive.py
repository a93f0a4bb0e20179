"""`/archive`: what lies in the archive's folder, and how much more fits."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from radquarry.api.dicomweb.damaged import Damage
from radquarry.api.rest.asking import V1, OnDesk, problems
from radquarry.messages import ArchiveMeasured, QuarantineMeasured, RefusedObjects, StoredMonth, StoredStudy

routes = APIRouter(prefix=f"{V1}/archive", tags=["archive"])

ANSWER_SECONDS = 10.0
REFUSED_SECONDS = 3.0
MOST_FILES = 100

EXAMPLE: dict[str, Any] = {
    "studies": 2,
    "instances": 412,
    "bytes": 216530944,
    "disk": 1000000000000,
    "free_disk": 700000000000,
    "reserve": 5000000000,
    "receipt_pauses": False,
    "largest": [{"study_instance_uid": "1.2.826.0.1.3680043.8.498.1", "instances": 300, "bytes": 157000000}],
    "by_month": [{"month": "2024-06", "studies": 2, "instances": 412, "bytes": 216530944}],
    "measured_at": "2024-06-28T18:12:00Z",
    "quarantine": {
        "objects": 3,
        "bytes": 1200,
        "reasons": [{"reason": "the data set is empty", "calling_ae_title": "CT1", "objects": 3}],
        "newest_at": "2024-06-28T17:00:00Z",
    },
    "unreadable": {
        "instances": 1,
        "files": [
            {
                "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
                "series_instance_uid": "1.2.826.0.1.3680043.8.498.1.1",
                "sop_instance_uid": "1.2.826.0.1.3680043.8.498.1.1.7",
                "reason": "it ends too early",
            }
        ],
    },
}


class Quarantine(BaseModel):
    """What came and is not valid DICOM: kept apart, with no sender told that it was stored."""

    objects: int
    bytes: int
    reasons: tuple[RefusedObjects, ...] = Field(description="Why, and who sent it; the most frequent first.")
    newest_at: datetime | None


class UnreadableFile(BaseModel):
    """A file of the archive; `reason` repeats nothing of it."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    reason: str


class Unreadable(BaseModel):
    """Files of the archive that DICOMweb could not read, or not to their end."""

    instances: int = Field(description="Come upon since the api started, and still as they were.")
    files: tuple[UnreadableFile, ...] = Field(description="At most 100, the last found first.")


class Archive(BaseModel):
    """Sums over every file that was announced, at most a minute old; sizes in bytes."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    studies: int
    instances: int
    bytes: int
    disk: int | None = Field(description="Size of the archive's disk; null: it is not seen.")
    free_disk: int | None = Field(description="Left above the reserve; null: the disk is not seen.")
    reserve: int = Field(description="With less free than this, receipt pauses (`archive.reserve_gb`).")
    receipt_pauses: bool = Field(description="Nothing is left above the reserve: no image is taken in.")
    largest: tuple[StoredStudy, ...] = Field(description="The studies with the most bytes, the largest first.")
    by_month: tuple[StoredMonth, ...] = Field(description="By the month (UTC) in which they came, the latest first.")
    measured_at: datetime
    quarantine: Quarantine | None = Field(description="Null: the part that receives images does not answer.")
    unreadable: Unreadable


def shown(said: ArchiveMeasured, refused: QuarantineMeasured | None, damaged: Sequence[Damage] = ()) -> Archive:
    """The documented shape."""
    return Archive(
        studies=said.studies,
        instances=said.instances,
        bytes=said.bytes,
        disk=said.disk_bytes,
        free_disk=said.free_bytes,
        reserve=said.reserve_bytes,
        receipt_pauses=said.free_bytes == 0,
        largest=said.largest,
        by_month=said.by_month,
        measured_at=said.measured_at,
        quarantine=None if refused is None else Quarantine.model_validate(refused, from_attributes=True),
        unreadable=Unreadable(instances=len(damaged), files=tuple(map(_file, damaged[:MOST_FILES]))),
    )


def _file(damage: Damage) -> UnreadableFile:
    return UnreadableFile(
        study_instance_uid=damage.file.study_instance_uid,
        series_instance_uid=damage.file.series_instance_uid,
        sop_instance_uid=damage.file.sop_instance_uid,
        reason=damage.reason,
    )


@routes.get("", responses=problems(), summary="What is in the archive")
async def get_archive(desk: OnDesk) -> Archive:
    """From the ledger of the mover; 503 when it does not answer within 10 s."""
    said, refused = await asyncio.gather(
        desk.storage.measured(wait=ANSWER_SECONDS), desk.storage.refused(wait=REFUSED_SECONDS)
    )
    return shown(said, refused, await run_in_threadpool(desk.images.damaged.listed))
