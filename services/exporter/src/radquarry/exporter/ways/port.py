"""What a delivery needs of the way it goes, whatever that is: a folder, a zip archive, a DICOM node, a web service."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from uuid import UUID

from radquarry.errors import Permanent, Transient


class DestinationAway(Transient):
    """The destination cannot take anything now; the text says why, and names no patient."""


class DestinationRefuses(Permanent):
    """The destination will never take anything from us as it is configured; the text says what to mend."""


@dataclass(frozen=True)
class Staged:
    """A file that may leave as it lies at `path`.

    The UIDs are those it has in the archive, by which it is answered for; `sha256` is of what leaves. `was_taken`: the
    destination took it before and has not yet answered for it (storage commitment). `broke_off`: an earlier attempt
    ended at this very file.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    path: Path
    bytes: int
    sha256: str
    was_taken: bool = False
    broke_off: bool = False


@dataclass(frozen=True)
class Answer:
    """What the destination made of a file.

    `delivered`: it is there, and durable where we can tell; a `problem` beside it is a warning. `failed`: it will not
    be taken. `later`: not now. `taken`: it has it, and does not answer for it yet. `left_as`: where it lies there.
    `broke_off`: the destination ended the conversation at this very file.
    """

    file: Staged
    state: Literal["delivered", "failed", "later", "taken"]
    problem: str = ""
    left_as: str = ""
    broke_off: bool = False


Papers = Callable[[Sequence[Answer]], Awaitable[Path | None]]
"""Makes the folder of what accompanies a delivery, given what is about to count as delivered; None is nothing."""


@dataclass(frozen=True)
class Shipment:
    """What files leave as: a delivery, and the number of its parcel from 1 where it leaves in parcels.

    `turn` is the name of one turn of work on it, nobody else's.
    """

    delivery_id: UUID
    parcel: int
    papers: Papers
    turn: str


class Way(Protocol):
    """One kind of destination.

    `whole`: everything of a delivery leaves together, when all of it is here. `takes_papers`: files of ours that are
    no images may lie beside them.
    """

    whole: bool
    takes_papers: bool

    def deliver(self, shipment: Shipment, files: Sequence[Staged]) -> AsyncGenerator[Answer, None]:
        """Answers as they come, one for each file, two where it is first `taken` or the destination `broke_off` at it.

        Whatever has no answer when it ends was not taken. Delivering a file again does no harm.
        Raises `DestinationAway`, `DestinationRefuses`.
        """

    async def accompany(self, shipment: Shipment, folder: Path) -> None:
        """Put the files of `folder` beside what was delivered. Raises `DestinationAway`."""

    async def unfinished(self) -> Collection[UUID]:
        """Of which deliveries something half lies there; of any radquarry's. Raises `DestinationAway`."""

    async def clear(self, delivery_id: UUID) -> None:
        """Nothing half of a delivery that is over stays there. Raises `DestinationAway`."""
