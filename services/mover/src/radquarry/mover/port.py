"""The mover's view of a PACS: it can list what a study consists of, and be told to send it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """Rows of one answer; `cut` says in plain words why there may be more."""

    rows: tuple[Item, ...]
    cut: str = ""


class Session(Protocol):
    """One association's worth of work. All calls raise `PacsAway` or `PacsRefuses`."""

    async def series(self, study_instance_uid: str) -> Listed[SeriesRow]:
        """The series of a study."""

    async def instances(self, study_instance_uid: str, series_instance_uid: str) -> Listed[str]:
        """The SOP Instance UIDs of a series."""

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
