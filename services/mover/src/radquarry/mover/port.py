"""The mover's view of a PACS: it can list what a study consists of, and be told to send it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, time
from typing import Generic, Protocol, TypeVar

from radquarry.dicom.moving import Counts, MoveEnd, MoveOrder
from radquarry.dicom.passage import Gate

Item = TypeVar("Item")


@dataclass(frozen=True)
class SeriesRow:
    """A series, as the PACS describes it; `instances` is the number it states, None when it states none."""

    series_instance_uid: str
    modality: str = ""
    series_description: str = ""
    instances: int | None = None
    body_part_examined: str = ""


@dataclass(frozen=True)
class InstanceRow:
    """An instance, as the PACS describes it.

    Only where its geometry was asked for, and is told: the direction cosines of rows and columns (PS3.3 C.7.6.2.1.1),
    and the slice thickness in millimetres.
    """

    sop_instance_uid: str
    sop_class_uid: str = ""
    orientation: tuple[float, ...] = ()
    slice_thickness: float | None = None


@dataclass(frozen=True)
class StudyRow:
    """A study, as the PACS describes it."""

    study_instance_uid: str
    patient_id: str = ""
    study_date: date | None = None
    study_time: time | None = None
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """Rows of one answer; `cut` says in plain words why there may be more."""

    rows: tuple[Item, ...]
    cut: str = ""


class Session(Protocol):
    """One association's worth of work. All calls raise `PacsAway` or `PacsRefuses`."""

    async def series(self, study_instance_uid: str) -> Listed[SeriesRow]:
        """The series of a study."""

    async def instances(
        self, study_instance_uid: str, series_instance_uid: str, *, geometry: bool = False
    ) -> Listed[InstanceRow]:
        """The instances of a series; with `geometry` their orientation and thickness, where the PACS tells them."""

    async def study(self, study_instance_uid: str) -> StudyRow | None:
        """The study itself; None when the PACS does not hold it."""

    async def studies_of(self, patient_id: str) -> Listed[StudyRow]:
        """The studies of a patient."""

    async def move(self, order: MoveOrder, heard: Callable[[Counts], None]) -> MoveEnd:
        """Have it sent to our node; `heard` gets what the PACS says meanwhile. Cancelled, it aborts."""

    async def give_up(self) -> None:
        """Ask the PACS to stop the move that runs."""

    async def address(self) -> str:
        """The address we have on the way to this PACS: what it would have to send to."""


class Pacs(Protocol):
    """One PACS."""

    def session(self, gate: Gate) -> AbstractAsyncContextManager[Session]:
        """Work on one association, opened at the first call; each request asks `gate`, and raises what that raises."""
