"""Searches over the archive: the folder says what there is, the headers say what it is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue

from radquarry.api.dicomweb.archive_folder import ArchiveFolder, InstanceFile
from radquarry.api.dicomweb.headers import HOSTILE, Header, read_header
from radquarry.api.dicomweb.json_model import element_model
from radquarry.api.dicomweb.matching import fits
from radquarry.api.dicomweb.remembered import Remembered
from radquarry.api.dicomweb.search_query import (
    COUNTED,
    INSTANCE_TAGS,
    KNOWN,
    SERIES_TAGS,
    STUDY_TAGS,
    Key,
    Level,
    Search,
)
from radquarry.api.problems import Problem

RETRIEVE_URL, AVAILABILITY, TRANSFER_SYNTAX = "00081190", "00080056", "00083002"
STUDY_UID, SERIES_UID, SOP_UID = 0x0020000D, 0x0020000E, 0x00080018

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
    def counted(self) -> dict[int, list[str]]:
        """What the place says, whatever stands in the file."""
        firsts = {instance.series_instance_uid: instance for instance in reversed(self.instances)}
        values = dict(zip((STUDY_UID, SERIES_UID, SOP_UID), ([uid] for uid in self.uids), strict=False))
        if self.level == "studies":
            headers = [self.read(first) for first in firsts.values()]
            modalities = {str(header.dataset.get("Modality", "")) for header in headers if header is not None}
            values[0x00080061] = sorted(modalities - {""})
            values[0x00201206] = [str(len(firsts))]
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
        if self.header is not None and tag in self.header.dataset:
            return element_model(self.header.dataset, tag, f"{root}/{self.header.file.address}/bulkdata/{tag:08X}")
        try:
            return {"vr": dictionary_VR(tag).split(" ")[0]}
        except KeyError:
            return {"vr": "UN"}


class Searcher:
    """Blocking. What is read of a file is remembered as long as the file stays the same."""

    def __init__(self, folder: ArchiveFolder, root: str) -> None:
        self._folder = folder
        self._root = root
        self._headers = Remembered(partial(read_header, only=KNOWN), most=4096)

    def found(self, search: Search, study: str = "", series: str = "") -> tuple[list[Row], bool]:
        """Rows from `offset` on, at most `limit`, and whether there are more."""
        rows: list[Row] = []
        place = 0
        for entity in self._entities(search, study, series):
            place += 1
            if place <= search.offset:
                continue
            if len(rows) == search.limit:
                return rows, True
            rows.append(entity.row(_given(search, entity, bool(study), bool(series)), self._root))
        return rows, False

    def _summary(self, file: InstanceFile) -> Header | None:
        try:
            return self._headers.of(file)
        except Problem:
            return None

    def _entities(self, search: Search, study: str, series: str) -> Iterator[Entity]:
        """Those that match, level by level, so that little is read of what does not."""
        read = self._summary if search.tags <= set(KNOWN) and not search.everything else _whole
        of_study = [key for key in search.keys if key.path[0] in STUDY_TAGS]
        of_series = [key for key in search.keys if key.path[0] in SERIES_TAGS]
        others = [key for key in search.keys if key.path[0] not in (*STUDY_TAGS, *SERIES_TAGS)]
        for uid in _chosen([study] if study else self._folder.studies(), of_study, STUDY_UID):
            whole = _entity("studies", (uid,), self._folder.instances(uid), read)
            if not whole.instances or not whole.matches(of_study):
                continue
            if search.level == "studies":
                yield whole
                continue
            names = [series] if series else sorted({each.series_instance_uid for each in whole.instances})
            for name in _chosen(names, of_series, SERIES_UID):
                inside = [each for each in whole.instances if each.series_instance_uid == name]
                part = _entity("series", (uid, name), inside, read)
                if not inside or not part.matches(of_series):
                    continue
                if search.level == "series":
                    yield part
                    continue
                yield from _instances(part, others, read)


def _instances(part: Entity, keys: Sequence[Key], read: Read) -> Iterator[Entity]:
    chosen = set(_chosen([each.sop_instance_uid for each in part.instances], keys, SOP_UID))
    for each in part.instances:
        if each.sop_instance_uid in chosen:
            one = Entity("instances", (*part.uids, each.sop_instance_uid), [each], read, read(each))
            if one.matches(keys):
                yield one


def _chosen(uids: Sequence[str], keys: Sequence[Key], tag: int) -> list[str]:
    """Without those that a key excludes by their UID alone."""
    matches = [key.match for key in keys if key.path == (tag,)]
    return [uid for uid in uids if all(fits(match, [uid]) for match in matches)]


def _entity(level: Level, uids: tuple[str, ...], instances: Sequence[InstanceFile], read: Read) -> Entity:
    header = next((header for header in map(read, instances) if header is not None), None)
    return Entity(level, uids, instances, read, header)


def _given(search: Search, entity: Entity, in_study: bool, in_series: bool) -> list[int]:  # noqa: FBT001 - what the path names
    """Attributes of the level, and of those above it that the path does not name (PS3.18 table 8.3.4-1)."""
    if search.everything and search.level == "instances" and entity.header is not None:
        return [*map(int, entity.header.dataset.keys()), *KNOWN]
    given = {
        "studies": STUDY_TAGS,
        "series": (*SERIES_TAGS, *(() if in_study else STUDY_TAGS), STUDY_UID),
        "instances": (
            *INSTANCE_TAGS,
            *(() if in_series else SERIES_TAGS),
            *(() if in_study else STUDY_TAGS),
            STUDY_UID,
            SERIES_UID,
        ),
    }[search.level]
    further = search.include if search.level == "instances" else {*search.include} & {*STUDY_TAGS, *SERIES_TAGS}
    if search.level == "studies":
        further = {*further} & {*STUDY_TAGS}
    return [*given, *further]


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


def _whole(file: InstanceFile) -> Header | None:
    try:
        return read_header(file)
    except Problem:
        return None
