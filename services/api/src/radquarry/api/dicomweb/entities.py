"""A study, a series or an instance of the archive, as a search finds and shows it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.headers import HOSTILE, Header
from radquarry.api.dicomweb.json_model import element_model, pixels_model
from radquarry.api.dicomweb.matching import fits
from radquarry.api.dicomweb.search_query import COUNTED, Key, Level

RETRIEVE_URL, AVAILABILITY, TRANSFER_SYNTAX = "00081190", "00080056", "00083002"
STUDY_UID, SERIES_UID, SOP_UID, MODALITIES = 0x0020000D, 0x0020000E, 0x00080018, 0x00080061

Read = Callable[[InstanceFile], Header | None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Entity:
    """A study, a series or an instance; `header` is of an instance of it, None where none can be read."""

    level: Level
    uids: tuple[str, ...]
    instances: Sequence[InstanceFile]
    read: Read
    header: Header | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Of its resource, below the service's root."""
        return "/".join(
            f"{name}/{uid}" for name, uid in zip(("studies", "series", "instances"), self.uids, strict=False)
        )

    @cached_property
    def of_series(self) -> dict[str, Header | None]:
        """By SeriesInstanceUID, a header of each series of a study; None where no file of it can be read."""
        found: dict[str, Header | None] = {}
        for instance in self.instances:
            if found.get(instance.series_instance_uid) is None:
                found[instance.series_instance_uid] = self.read(instance)
        return found

    @cached_property
    def counted(self) -> dict[int, list[str]]:
        """What the place says, whatever stands in the file."""
        values = dict(zip((STUDY_UID, SERIES_UID, SOP_UID), ([uid] for uid in self.uids), strict=False))
        if self.level == "studies":
            headers = [header for header in self.of_series.values() if header is not None]
            modalities = {str(header.dataset.get("Modality", "")) for header in headers}
            values[MODALITIES] = sorted(modalities - {""})
            values[0x00201206] = [str(len(self.of_series))]
            values[0x00201208] = [str(len(self.instances))]
        if self.level == "series":
            values[0x00201209] = [str(len(self.instances))]
        return values

    def matches(self, keys: Sequence[Key]) -> bool:
        """Whether every key fits."""
        return all(fits(key.match, self._values(key.path)) for key in keys if key.match is not None)

    def _values(self, path: tuple[int, ...]) -> list[str]:
        if len(path) == 1 and path[0] in {STUDY_UID, SERIES_UID, SOP_UID, *COUNTED}:
            return self.counted.get(path[0], [])
        return list(_values(self.header.dataset, path)) if self.header else []

    def unread(self, keys: Sequence[Key]) -> Iterator[str]:
        """Its address, where no file of it can be read; of a study also the series without which `keys` miss it."""
        if self.header is None:
            yield self.address
        elif self.level == "studies" and any(key.path == (MODALITIES,) for key in keys):
            yield from (f"{self.address}/series/{uid}" for uid, header in self.of_series.items() if header is None)

    def row(self, tags: Sequence[int], root: str) -> Row:
        """The DICOM JSON of these attributes; what the file does not hold stands without a value."""
        row: Row = {}
        for tag in sorted(set(tags)):
            if tag in self.counted:
                vr = dictionary_VR(tag)
                values: list[Any] = [int(value) if vr == "IS" else value for value in self.counted[tag]]
                row[f"{tag:08X}"] = {"vr": vr, "Value": values} if values else {"vr": vr}
            elif tag not in COUNTED:
                row[f"{tag:08X}"] = self._model(tag, root)
        row[AVAILABILITY] = {"vr": "CS", "Value": ["ONLINE"]}
        row[RETRIEVE_URL] = {"vr": "UR", "Value": [f"{root}/{self.address}"]}
        if self.level == "instances" and self.header is not None:
            row[TRANSFER_SYNTAX] = {"vr": "UI", "Value": [self.header.transfer_syntax]}
        return dict(sorted(row.items()))

    def _model(self, tag: int, root: str) -> Row:
        if self.header is not None:
            bulk, pixels = f"{root}/{self.header.file.address}/bulkdata", self.header.pixels
            if pixels is not None and tag == pixels.tag:
                return pixels_model(pixels, bulk)
            if tag in self.header.dataset:
                return element_model(self.header.dataset, tag, f"{bulk}/{tag:08X}")
        try:
            return {"vr": dictionary_VR(tag).split(" ")[0]}
        except KeyError:
            return {"vr": "UN"}


def entity_of(level: Level, uids: tuple[str, ...], instances: Sequence[InstanceFile], read: Read) -> Entity:
    """With the header of the first instance that can be read."""
    header = next((header for header in map(read, instances) if header is not None), None)
    return Entity(level, uids, instances, read, header)


def _values(dataset: Dataset, path: tuple[int, ...]) -> Iterator[str]:
    try:
        value = dataset[path[0]].value if path[0] in dataset else None
    except HOSTILE:
        return
    if len(path) > 1:
        for item in value or ():
            yield from _values(item, path[1:])
    elif isinstance(value, MultiValue | list | tuple):
        yield from map(str, value)
    elif value is not None:
        yield str(value)
