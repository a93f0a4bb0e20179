"""What a PACS holds, as its own records: studies of series of instances. Series and pixels come when asked for."""

from collections.abc import Callable
from dataclasses import dataclass

from pydicom import Dataset

Record = dict[str, str | tuple[str, ...]]
"""Attribute keyword → value as DICOM text (numbers too); a tuple for several values; "" for known but empty."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One image. `load()` makes or reads the whole object, with its file meta information."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    record: Record
    load: Callable[[], Dataset]


@dataclass(frozen=True, slots=True)
class Series:
    """One series; `instances()` lists its images without making them."""

    series_instance_uid: str
    record: Record
    instances: Callable[[], list[Instance]]


@dataclass(frozen=True, slots=True)
class Study:
    """One study; `record` holds its study and patient attributes."""

    study_instance_uid: str
    record: Record
    series: Callable[[], list[Series]]

    def instances(self) -> list[Instance]:
        """All images of all series."""
        return [instance for series in self.series() for instance in series.instances()]
