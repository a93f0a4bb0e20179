"""What a visit of a day teaches, compared with what the day held when it was last listed: no clock, no store."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from radquarry.finder.differences import changes_between
from radquarry.finder.seen import Known, Lesson, Tombstone
from radquarry.finder.sights import Sight, Sights
from radquarry.messages import Change, FindWindow, Study, StudyChanged


@dataclass(frozen=True)
class Visited:
    """All the studies a window found, and those that were asked for by UID at `asked_at` and are not there."""

    found: Sights
    absent: Collection[str] = ()
    asked_at: datetime | None = None


@dataclass
class _Notes:
    sights: dict[str, Sight]
    gone: list[Tombstone] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    changes: list[StudyChanged] = field(default_factory=list)


def missing(order: FindWindow, known: Known, found: Sights) -> list[str]:
    """The studies that a complete list of the window should have held."""
    return [uid for uid, sight in known.sights.items() if uid not in found and _is_of(sight.study, order.modality)]


def learnt(order: FindWindow, known: Known, tombstones: Mapping[str, Tombstone], visited: Visited) -> Lesson | None:
    """None when nothing is different. What was seen later than this visit stays as it is."""
    notes = _Notes(dict(known.sights))
    for uid, sight in visited.found.items():
        _note_found(order, notes, sight, tombstones.get(uid))
    for uid in visited.absent:
        _note_absent(order, notes, uid, visited.asked_at)
    if not notes.changes and _studies(notes.sights) == _studies(known.sights):
        return None
    return Lesson(notes.sights, notes.gone, notes.returned, notes.changes)


def _note_found(order: FindWindow, notes: _Notes, sight: Sight, tombstone: Tombstone | None) -> None:
    uid = sight.study.study_instance_uid
    before = notes.sights.get(uid)
    if before and before.seen_at >= sight.seen_at:
        return
    if before:
        notes.changes += _changes(order, before.study, sight.seen_at, changes_between(before.study, sight.study))
    elif tombstone and tombstone.gone_at < sight.seen_at:
        kinds = ("returned", *changes_between(tombstone.former, sight.study))
        notes.changes += _changes(order, tombstone.former, sight.seen_at, kinds)
        notes.returned.append(uid)
    elif tombstone:
        return
    if sight.study.study_date in (None, order.day):
        notes.sights[uid] = sight
    else:
        notes.sights.pop(uid, None)


def _note_absent(order: FindWindow, notes: _Notes, uid: str, asked_at: datetime | None) -> None:
    before = notes.sights.get(uid)
    if before is None or asked_at is None or before.seen_at >= asked_at:
        return
    del notes.sights[uid]
    notes.gone.append(Tombstone(before.study, asked_at))
    notes.changes += _changes(order, before.study, asked_at, ("gone",))


def _changes(order: FindWindow, former: Study, seen_at: datetime, kinds: tuple[Change, ...]) -> Iterator[StudyChanged]:
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "study_instance_uid": former.study_instance_uid}
    for kind in kinds:
        yield StudyChanged.after(order, **about, kind=kind, seen_at=seen_at, former=former)


def _is_of(study: Study, modality: str) -> bool:
    return not modality or not study.modalities_in_study or modality in study.modalities_in_study


def _studies(sights: Sights) -> dict[str, Study]:
    return {uid: sight.study for uid, sight in sights.items()}
