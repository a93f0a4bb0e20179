"""Answering C-MOVE and C-GET: which instances are meant, and which of them get lost on the way."""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context, evt
from pynetdicom.presentation import PresentationContext

from radquarry.hospital.dice import number, share
from radquarry.hospital.faults import Faults, PacsFaults
from radquarry.hospital.held_thread import hold
from radquarry.hospital.holdings import Holdings
from radquarry.hospital.next_message import restate_next
from radquarry.hospital.queries import Query, UnmatchableError, read_query, root_of
from radquarry.hospital.sessions import Sessions, tend
from radquarry.hospital.studies import Instance, Study
from radquarry.hospital.traffic import Entry, Traffic

Address = tuple[str, int]
_PENDING, _NOT_OF_THE_MODEL, _CANCELLED = 0xFF00, 0xA900, 0xFE00
_PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


class RetrieveScp:
    """The C-MOVE and C-GET services of the PACS."""

    def __init__(
        self,
        holdings: Holdings,
        destination: Callable[[str], Address | None],
        faults: Faults,
        sessions: Sessions,
        traffic: Traffic,
    ) -> None:
        self._holdings = holdings
        self._destination = destination
        self._faults = faults
        self._sessions = sessions
        self._traffic = traffic
        self._moves = itertools.count(1)
        self._asked: Counter[str] = Counter()
        self._lock = Lock()

    def move(self, event: evt.Event) -> Iterator[Any]:
        """pynetdicom's EVT_C_MOVE handler."""
        entry = self._traffic.begin("c-move", self._sessions.of(event).number, destination=event.move_destination)
        try:
            yield from self._move(event, entry)
        finally:
            self._traffic.end(entry, entry.outcome or "0000")

    def get(self, event: evt.Event) -> Iterator[Any]:
        """pynetdicom's EVT_C_GET handler."""
        entry = self._traffic.begin("c-get", self._sessions.of(event).number)
        try:
            yield from self._send(event, entry, self._wanted(event, entry))
        finally:
            self._traffic.end(entry, entry.outcome or "0000")

    def _move(self, event: evt.Event, entry: Entry) -> Iterator[Any]:
        address = self._destination(event.move_destination or "")
        if address is None or self._faults.pacs.unknown_destinations:
            entry.outcome = "A801"
            yield None, None
            return
        wanted = self._wanted(event, entry)
        if wanted is None:
            entry.outcome = "A900"
            restate_next(event.assoc, _NOT_OF_THE_MODEL)
            yield None, None
            return
        contexts = _contexts(wanted)
        handlers = [(evt.EVT_REQUESTED, tend), (evt.EVT_CONN_OPEN, tend), (evt.EVT_ESTABLISHED, hold)]
        yield *address, {"contexts": contexts, "evt_handlers": handlers}
        yield from self._send(event, entry, wanted)

    def _send(self, event: evt.Event, entry: Entry, wanted: list[Instance] | None) -> Iterator[Any]:
        if wanted is None:
            yield 1
            entry.outcome = "A900"
            yield _NOT_OF_THE_MODEL, None
            return
        faults = self._faults.pacs
        abort_at = self._abort_at(event, faults, len(wanted))
        hostile = bool(wanted) and faults.hostile_instances
        yield len(wanted) + hostile
        if hostile:
            yield _PENDING, _hostile(wanted[0])
        for place, instance in enumerate(wanted):
            if event.is_cancelled and not faults.ignore_cancel:
                entry.outcome = "FE00"
                yield _CANCELLED, None
                return
            if place == abort_at:
                entry.outcome = "aborted"
                self._sessions.abort(event)
                return
            time.sleep(faults.store_delay_ms / 1000)
            store = self._traffic.begin("c-store", entry.association, sop_instance_uid=instance.sop_instance_uid)
            yield _PENDING, instance.load()
            self._traffic.end(store, "sent")
            entry.answers += 1

    def _abort_at(self, event: evt.Event, faults: PacsFaults, count: int) -> int | None:
        every = faults.abort_move_every
        doomed = self._sessions.of(event).doomed or (every and next(self._moves) % every == 0)
        return count // 2 if doomed else None

    def _wanted(self, event: evt.Event, entry: Entry) -> list[Instance] | None:
        """The instances to send now; None when the identifier names nothing."""
        root = root_of(event)
        try:
            query = read_query(event.identifier, root, relational=True)
        except UnmatchableError:
            return None
        entry.detail.update(level=query.level, keys={name: values for name, (_, values) in query.keys.items()})
        studies = _studies(query, self._holdings)
        if studies is None:
            return None
        return [instance for study in studies for instance in self._surviving(study, query)]

    def _surviving(self, study: Study, query: Query) -> Iterator[Instance]:
        faults = self._faults.pacs
        uid = study.study_instance_uid
        if share("nearline", uid) < faults.nearline_share and self._times_asked(uid) <= faults.nearline_asks:
            return
        lost = _lost(study, faults)
        for series in study.series():
            if not _named(query, "SeriesInstanceUID", series.series_instance_uid):
                continue
            for instance in series.instances():
                if not _named(query, "SOPInstanceUID", instance.sop_instance_uid):
                    continue
                if (
                    instance.sop_instance_uid in lost
                    and self._times_asked(instance.sop_instance_uid) <= faults.lost_asks
                ):
                    continue
                yield instance

    def _times_asked(self, uid: str) -> int:
        with self._lock:
            self._asked[uid] += 1
            return self._asked[uid]


def _studies(query: Query, holdings: Holdings) -> list[Study] | None:
    if uids := query.values("StudyInstanceUID"):
        return [study for uid in dict.fromkeys(uids) for study in holdings.with_uid(uid)]
    patient_ids = query.values("PatientID")
    if query.level != "PATIENT" or not patient_ids:
        return None
    return [study for patient_id in patient_ids for study in holdings.of_patient_id(patient_id)]


def _named(query: Query, keyword: str, uid: str) -> bool:
    """True when the query names this UID or, at a higher level, none."""
    uids = query.values(keyword)
    return not uids or uid in uids


def _lost(study: Study, faults: PacsFaults) -> set[str]:
    if not faults.lost_instances or share("lost", study.study_instance_uid) >= faults.lost_share:
        return set()
    uids = sorted((instance.sop_instance_uid for instance in study.instances()), key=number)
    return set(uids[: faults.lost_instances])


def _contexts(instances: list[Instance]) -> list[PresentationContext]:
    """One context for each SOP class and compressed transfer syntax; uncompressed ones share theirs."""
    kinds = dict.fromkeys((one.sop_class_uid, one.transfer_syntax_uid) for one in instances)
    plain = dict.fromkeys(sop_class for sop_class, syntax in kinds if syntax in _PLAIN)
    contexts = [build_context(sop_class, list(_PLAIN)) for sop_class in plain]
    contexts += [build_context(sop_class, syntax) for sop_class, syntax in kinds if syntax not in _PLAIN]
    return contexts[:128]


def _hostile(instance: Instance) -> Dataset:
    """The instance under a UID that would leave the archive's folder if it were taken for a file name."""
    dataset = instance.load()
    uid = "../../../../tmp/radquarry-hostile"
    dataset["SOPInstanceUID"] = DataElement("SOPInstanceUID", "UI", uid, validation_mode=IGNORE)
    return dataset
