"""What to order next of a study: as much at once as nothing is here of, and never what is here."""

from dataclasses import dataclass, field
from typing import Any

from radquarry.dicom.moving import MoveOrder

LIST_LENGTH = 50
"""UIDs in one order at image level."""


@dataclass(frozen=True)
class SeriesStanding:
    """A wanted series: which named instances are here and which not; `unnamed` more are known by their number only.

    `is_all`: of an order that names its instances, these are all that the series holds.
    """

    series_instance_uid: str
    received: tuple[str, ...]
    missing: tuple[str, ...]
    unnamed: int = 0
    is_all: bool = False

    @property
    def is_whole(self) -> bool:
        """Nothing of it is missing."""
        return not self.missing and not self.unnamed


@dataclass(frozen=True)
class Standing:
    """Where the wanted part of a study stands; `rows` are those of its instances in the ledger."""

    study_instance_uid: str
    series: tuple[SeriesStanding, ...]
    rows: tuple[Any, ...] = field(default=(), compare=False, repr=False)

    @property
    def received(self) -> int:
        """Instances that are here."""
        return sum(len(series.received) for series in self.series)

    @property
    def missing(self) -> int:
        """Instances that are not."""
        return sum(len(series.missing) + series.unnamed for series in self.series)

    @property
    def expected(self) -> int:
        """All of them."""
        return self.received + self.missing


def orders(standing: Standing, attempts: int, *, whole_study: bool, named_only: bool = False) -> tuple[MoveOrder, ...]:
    """The orders that bring what is missing, after that many fruitless ones.

    The study at once when nothing of it is here and every series is wanted; a series when nothing of it is here;
    else instances by name. Every third attempt asks for whole series: there are PACS that take no lists. Where only
    the named instances are wanted, it asks for them one by one. A series of which all are named is first ordered whole.
    """
    study = standing.study_instance_uid
    if whole_study and standing.received == 0 and attempts == 0:
        return (MoveOrder(study),)
    found: list[MoveOrder] = []
    for series in standing.series:
        if series.is_whole:
            continue
        is_for_lists = attempts % 3 != 2
        if named_only and not (series.is_all and not series.received and attempts == 0):
            found += _by_name(study, series, LIST_LENGTH if is_for_lists else 1)
        elif not series.received or series.unnamed or not is_for_lists:
            found.append(MoveOrder(study, series.series_instance_uid))
        else:
            found += _by_name(study, series, LIST_LENGTH)
    return tuple(found)


def _by_name(study: str, series: SeriesStanding, length: int) -> list[MoveOrder]:
    starts = range(0, len(series.missing), length)
    return [MoveOrder(study, series.series_instance_uid, series.missing[start : start + length]) for start in starts]
