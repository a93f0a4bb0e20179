"""The page of the archive's folder: what lies there, how much more fits, when it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from radquarry.api.dicomweb.damaged import Damage
from radquarry.api.pages.study_line import StudyLine
from radquarry.messages import ArchiveMeasured, QuarantineMeasured, StoredStudy

MOST_MONTHS = 24
MOST_DAMAGED = 50
WIDTH = 100.0


@dataclass(frozen=True)
class Part:
    """A part of the disk, in its bar from `x` on (per cent)."""

    name: str
    bytes: int
    x: float
    width: float


@dataclass(frozen=True)
class MonthBar:
    """A month's files; `share` is 0 to 1, of the month with the most bytes."""

    month: str
    studies: int
    instances: int
    bytes: int
    share: float


@dataclass(frozen=True)
class StoragePage:
    """`said` is None when the mover did not answer in time; `parts` are empty where it does not see the disk.

    `refused` is what storescp keeps apart, None when it did not answer. `damaged` are files that searches or viewers
    could not read, the last found first.
    """

    said: ArchiveMeasured | None
    refused: QuarantineMeasured | None = None
    damaged: tuple[Damage, ...] = ()
    parts: tuple[Part, ...] = ()
    months: tuple[MonthBar, ...] = ()
    largest: tuple[tuple[StoredStudy, StudyLine | None], ...] = ()

    @property
    def damaged_shown(self) -> tuple[Damage, ...]:
        """The first of them."""
        return self.damaged[:MOST_DAMAGED]

    @property
    def is_full(self) -> bool:
        """Nothing is left above the reserve: receipt has paused."""
        return self.said is not None and self.said.free_bytes == 0


def storage_page(
    said: ArchiveMeasured | None,
    refused: QuarantineMeasured | None,
    lines: Mapping[str, StudyLine],
    damaged: Sequence[Damage] = (),
) -> StoragePage:
    """`lines` are those of the largest studies, by StudyInstanceUID."""
    if said is None:
        return StoragePage(None, refused, tuple(damaged))
    most = max((one.bytes for one in said.by_month), default=0)
    months = tuple(
        MonthBar(one.month, one.studies, one.instances, one.bytes, one.bytes / most if most else 0.0)
        for one in said.by_month[:MOST_MONTHS]
    )
    largest = tuple((one, lines.get(one.study_instance_uid)) for one in said.largest)
    return StoragePage(said, refused, tuple(damaged), _parts(said), months, largest)


def _parts(said: ArchiveMeasured) -> tuple[Part, ...]:
    """The archive, what else lies on the disk, what is free, and the reserve; together the whole bar."""
    if not said.disk_bytes or said.free_bytes is None:
        return ()
    free = min(said.free_bytes, said.disk_bytes)
    reserve = min(said.reserve_bytes, said.disk_bytes - free)
    archive = min(said.bytes, said.disk_bytes - free - reserve)
    others = said.disk_bytes - free - reserve - archive
    parts, x = [], 0.0
    for name, count in (("archive", archive), ("others", others), ("free", free), ("reserve", reserve)):
        width = WIDTH * count / said.disk_bytes
        parts.append(Part(name, count, round(x, 2), round(width, 2)))
        x += width
    return tuple(parts)
