"""Answering C-FIND, right or as wrong as the faults in force say."""

import itertools
import time
from collections.abc import Iterator

from pydicom import Dataset
from pynetdicom import evt

from radquarry.hospital.faults import Faults, PacsFaults
from radquarry.hospital.holdings import Holdings
from radquarry.hospital.malformed import malformed
from radquarry.hospital.next_message import swallow_next
from radquarry.hospital.queries import Query, UnmatchableError, answers, as_understood, read_query, root_of
from radquarry.hospital.rows import chosen, encoded
from radquarry.hospital.sessions import Sessions
from radquarry.hospital.settings import PacsSettings
from radquarry.hospital.studies import Record
from radquarry.hospital.traffic import Entry, Traffic

Answer = tuple[int, Dataset | None]
_PENDING, _PENDING_WITHOUT_SOME_KEYS = 0xFF00, 0xFF01
_CANCELLED, _REFUSED, _NOT_OF_THE_MODEL, _FAILED = 0xFE00, 0xA700, 0xA900, 0xC001


class FindScp:
    """The C-FIND service of the PACS."""

    def __init__(
        self, holdings: Holdings, settings: PacsSettings, faults: Faults, sessions: Sessions, traffic: Traffic
    ) -> None:
        self._holdings = holdings
        self._settings = settings
        self._faults = faults
        self._sessions = sessions
        self._traffic = traffic
        self._requests = itertools.count(1)

    def answer(self, event: evt.Event) -> Iterator[Answer]:
        """pynetdicom's EVT_C_FIND handler."""
        session = self._sessions.of(event)
        entry = self._traffic.begin("c-find", session.number)
        try:
            yield from self._answer(event, entry)
        except GeneratorExit:
            self._traffic.end(entry, "left")
            raise
        finally:
            self._traffic.end(entry, entry.outcome or "0000")

    def _answer(self, event: evt.Event, entry: Entry) -> Iterator[Answer]:
        faults = self._faults.pacs
        try:
            query = read_query(event.identifier, root_of(event), relational=faults.relational)
        except UnmatchableError:
            yield from self._fail(entry, _NOT_OF_THE_MODEL)
            return
        entry.detail.update(level=query.level, keys={name: values for name, (_, values) in query.keys.items()})
        if query.level not in self._settings.levels:
            yield from self._fail(entry, _NOT_OF_THE_MODEL)
            return
        if faults.fail_find_every and next(self._requests) % faults.fail_find_every == 0:
            yield from self._fail(entry, _FAILED)
            return
        yield from self._rows(event, as_understood(query, faults), faults, entry)

    def _rows(self, event: evt.Event, query: Query, faults: PacsFaults, entry: Entry) -> Iterator[Answer]:
        doomed = self._sessions.of(event).doomed
        for record in malformed(answers(query, self._holdings, faults), query.level, faults):
            if event.is_cancelled and not faults.ignore_cancel:
                yield from self._fail(entry, _CANCELLED)
                return
            if faults.answer_limit and entry.answers >= faults.answer_limit:
                yield from self._cut(event, entry, faults)
                return
            if doomed and entry.answers >= 1:
                break
            if faults.answer_delay_ms:  # a sleep of nothing costs as much as a row
                time.sleep(faults.answer_delay_ms / 1000)
            yield self._row(event, query, record, faults)
            entry.answers += 1
        if doomed:
            entry.outcome = "aborted"
            self._sessions.abort(event)

    def _row(self, event: evt.Event, query: Query, record: Record, faults: PacsFaults) -> Answer:
        row = chosen(record, query, self._settings.ae_title)
        for keyword in faults.withheld_keys:
            row.pop(keyword, None)
        status = _PENDING
        if not faults.modalities_in_study and "ModalitiesInStudy" in query.keys:
            row.pop("ModalitiesInStudy", None)
            status = _PENDING_WITHOUT_SOME_KEYS
        return status, encoded(row, self._settings.charset, faults.charset, event.context.transfer_syntax)

    def _cut(self, event: evt.Event, entry: Entry, faults: PacsFaults) -> Iterator[Answer]:
        status = int(faults.answer_limit_status, 16)
        if status == 0xB001:
            yield status, None
            swallow_next(event.assoc)
            entry.outcome = "B001"
        elif status:
            yield from self._fail(entry, status)
        else:
            entry.outcome = "0000, cut"

    def _fail(self, entry: Entry, status: int) -> Iterator[Answer]:
        entry.outcome = f"{status:04X}"
        yield status, None
