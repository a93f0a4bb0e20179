"""Searches over the archive: the folder says what there is, the headers say what it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from radquarry.api.dicomweb.archive_folder import ArchiveFolder, InstanceFile
from radquarry.api.dicomweb.behind_pixels import read_whole
from radquarry.api.dicomweb.damaged import Damaged
from radquarry.api.dicomweb.entities import MODALITIES, SERIES_UID, SOP_UID, STUDY_UID, Entity, Read, Row, entity_of
from radquarry.api.dicomweb.headers import Header, read_header
from radquarry.api.dicomweb.matching import fits
from radquarry.api.dicomweb.remembered import Remembered
from radquarry.api.dicomweb.search_query import (
    INSTANCE_TAGS,
    KNOWN,
    SERIES_TAGS,
    STUDY_TAGS,
    Key,
    Level,
    Search,
    is_given,
)
from radquarry.api.problems import Problem

ANY_MODALITY = (Key((MODALITIES,), "", None),)
"""A row of a study names its modalities, whatever is matched."""


@dataclass
class Found:
    """`unread` are addresses of what was come by and cannot be read: it matches by its UIDs alone."""

    rows: list[Row] = field(default_factory=list)
    more: bool = False
    unread: set[str] = field(default_factory=set)


class Searcher:
    """Blocking. What is read of a file is remembered as long as the file stays the same."""

    def __init__(self, folder: ArchiveFolder, root: str, damaged: Damaged) -> None:
        self._folder = folder
        self._root = root
        self._headers = Remembered(damaged.watching(partial(read_header, only=KNOWN)), most=4096)
        self._wholes = damaged.watching(read_whole)

    def found(self, search: Search, study: str = "", series: str = "") -> Found:
        """Rows from `offset` on, at most `limit`."""
        found = Found()
        place = 0
        for entity in self._entities(search, study, series, found.unread):
            place += 1
            if place <= search.offset:
                continue
            if len(found.rows) == search.limit:
                found.more = True
                break
            found.rows.append(entity.row(_given(search, entity, bool(study), bool(series)), self._root))
        return found

    def _summary(self, file: InstanceFile) -> Header | None:
        try:
            return self._headers.of(file)
        except Problem:
            return None

    def _whole(self, file: InstanceFile) -> Header | None:
        try:
            return self._wholes(file)
        except Problem:
            return None

    def _entities(self, search: Search, study: str, series: str, unread: set[str]) -> Iterator[Entity]:
        """Those that match, level by level, so that little is read of what does not."""
        read = self._summary if search.tags <= set(KNOWN) and not search.everything else self._whole
        of_study = [key for key in search.keys if key.path[0] in STUDY_TAGS]
        of_series = [key for key in search.keys if key.path[0] in SERIES_TAGS]
        others = [key for key in search.keys if key.path[0] not in (*STUDY_TAGS, *SERIES_TAGS)]
        for uid in _chosen([study] if study else self._folder.studies(), of_study, STUDY_UID):
            whole = entity_of("studies", (uid,), self._folder.instances(uid), read)
            if not whole.instances:
                continue
            unread.update(whole.unread(ANY_MODALITY if search.level == "studies" else of_study))
            if not whole.matches(of_study):
                continue
            if search.level == "studies":
                yield whole
                continue
            names = [series] if series else sorted({each.series_instance_uid for each in whole.instances})
            for name in _chosen(names, of_series, SERIES_UID):
                inside = [each for each in whole.instances if each.series_instance_uid == name]
                part = entity_of("series", (uid, name), inside, read)
                if not inside:
                    continue
                unread.update(part.unread(of_series))
                if not part.matches(of_series):
                    continue
                if search.level == "series":
                    yield part
                    continue
                yield from _instances(part, others, read, unread)


def _instances(part: Entity, keys: Sequence[Key], read: Read, unread: set[str]) -> Iterator[Entity]:
    chosen = set(_chosen([each.sop_instance_uid for each in part.instances], keys, SOP_UID))
    for each in part.instances:
        if each.sop_instance_uid in chosen:
            one = Entity("instances", (*part.uids, each.sop_instance_uid), [each], read, read(each))
            unread.update(one.unread(keys))
            if one.matches(keys):
                yield one


def _chosen(uids: Sequence[str], keys: Sequence[Key], tag: int) -> list[str]:
    """Without those that a key excludes by their UID alone."""
    matches = [key.match for key in keys if key.path == (tag,)]
    return [uid for uid in uids if all(fits(match, [uid]) for match in matches)]


def _given(search: Search, entity: Entity, in_study: bool, in_series: bool) -> list[int]:  # noqa: FBT001 - what the path names
    """Attributes of the level, and of those above it that the path does not name (PS3.18 table 8.3.4-1)."""
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
    return [*given, *search.include, *(_everything(search.level, entity) if search.everything else ())]


def _everything(level: Level, entity: Entity) -> Iterator[int]:
    """All that the file holds of this level and those above."""
    if entity.header is None:
        return
    held = [*map(int, entity.header.dataset.keys()), *KNOWN]
    if entity.header.pixels is not None:
        held.append(entity.header.pixels.tag)
    yield from (tag for tag in held if is_given(level, tag))
