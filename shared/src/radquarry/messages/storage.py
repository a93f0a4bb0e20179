"""The conversation about the archive's folder: what lies there, and how much more fits."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from radquarry.messages.kinds import Command, Event


class MeasureArchive(Command):
    """Say what is in the archive. The answer is an `ArchiveMeasured` whose `cause` is this message's `id`."""

    topic: ClassVar[str] = "archive.measure"


class StoredStudy(BaseModel):
    """What is here of a study: its instances, and the bytes of their files."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    instances: int
    bytes: int


class StoredMonth(BaseModel):
    """What was received in a month of UTC, as `2025-06`; a study counts in every month in which some of it came."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    month: str
    studies: int
    instances: int
    bytes: int


class ArchiveMeasured(Event):
    """What the ledger knows of the archive at `measured_at`, and its disk now.

    `disk_bytes` is the size of the disk, `free_bytes` what is left above the reserve of `reserve_bytes`, at which
    receipt pauses; both are None when the mover does not see that disk. `largest` are the studies with the most
    bytes, the largest first; `by_month` begins with the latest month.
    """

    topic: ClassVar[str] = "archive.measured"

    studies: int
    instances: int
    bytes: int
    reserve_bytes: int
    disk_bytes: int | None = None
    free_bytes: int | None = None
    largest: tuple[StoredStudy, ...] = ()
    by_month: tuple[StoredMonth, ...] = ()
    measured_at: AwareDatetime


class ArchivedInstance(BaseModel):
    """One instance by its UIDs, and when it was stored (`InstancesStored`)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    stored_at: AwareDatetime


class RemoveInstances(Command):
    """Remove these files from the archive: they were delivered, and their time is over.

    What was stored again after `stored_at` stays. The answer is an `InstancesRemoved` with the same `removal_id`.
    """

    topic: ClassVar[str] = "instances.remove"

    removal_id: UUID
    instances: tuple[ArchivedInstance, ...]


class InstancesRemoved(Event):
    """These files are not in the archive any more; what was asked for and is not named here stayed."""

    topic: ClassVar[str] = "instances.removed"

    removal_id: UUID
    instances: tuple[ArchivedInstance, ...]
    removed_at: AwareDatetime


class MeasureQuarantine(Command):
    """Say what was refused. The answer is a `QuarantineMeasured` whose `cause` is this message's `id`."""

    topic: ClassVar[str] = "quarantine.measure"


class RefusedObjects(BaseModel):
    """Objects that one caller sent and that were refused for one reason, in storescp's own words."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    reason: str
    calling_ae_title: str = ""
    objects: int


class QuarantineMeasured(Event):
    """What lies in the quarantine at `measured_at`: what came and is not valid DICOM.

    `bytes` are those of the objects; `reasons` begins with what is most frequent, and names the 50 most frequent.
    """

    topic: ClassVar[str] = "quarantine.measured"

    objects: int
    bytes: int
    oldest_at: AwareDatetime | None = None
    newest_at: AwareDatetime | None = None
    reasons: tuple[RefusedObjects, ...] = ()
    measured_at: AwareDatetime
