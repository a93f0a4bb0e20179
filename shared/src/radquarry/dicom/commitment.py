"""Storage commitment as a caller (PS3.4 annex J): a node answers for what it took.

We ask by N-ACTION; the node answers by N-EVENT-REPORT, over the same association or over one that it opens to us.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt

from radquarry.dicom.association import Association
from radquarry.dicom.connection import tended
from radquarry.dicom.peer import PacsAway

MODEL, INSTANCE = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
REQUEST = 1
SUCCESS, NO_SUCH_EVENT, INVALID = 0x0000, 0x0113, 0x0115
MOST_AT_ONCE = 1000
"""Instances in one request."""
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]


@dataclass(frozen=True)
class Commitment:
    """What a node answers for, by SOP Instance UID; of the others the failure reason (PS3.3 C.14)."""

    committed: frozenset[str]
    failed: Mapping[str, int] = field(default_factory=dict)


class Answers:
    """Who waits for which transaction; filled from the associations' threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._expected: dict[str, Commitment | None] = {}

    @contextmanager
    def expecting(self, transaction_uid: str) -> Iterator[None]:
        """An answer to this transaction is of use for that time."""
        with self._changed:
            self._expected[transaction_uid] = None
        try:
            yield
        finally:
            with self._changed:
                del self._expected[transaction_uid]

    def wait(self, transaction_uid: str, seconds: float) -> Commitment | None:
        """The answer, None when it has not come by then; blocking."""
        with self._changed:
            self._changed.wait_for(lambda: self._expected.get(transaction_uid) is not None, seconds)
            return self._expected.get(transaction_uid)

    def handle(self, event: evt.Event) -> tuple[int, None]:
        """Handler of EVT_N_EVENT_REPORT; what nobody waits for is confirmed, too, and forgotten."""
        if event.event_type not in (1, 2):
            return NO_SUCH_EVENT, None
        try:
            transaction, commitment = _understood(event.event_information)
        except (AttributeError, ValueError, TypeError, KeyError):
            return INVALID, None
        with self._changed:
            if transaction in self._expected:
                self._expected[transaction] = commitment
                self._changed.notify_all()
        return SUCCESS, None


def _understood(said: Dataset) -> tuple[str, Commitment]:
    failed = {
        str(item.ReferencedSOPInstanceUID): int(item.get("FailureReason", 0x0110))
        for item in said.get("FailedSOPSequence", [])
    }
    named = frozenset(str(item.ReferencedSOPInstanceUID) for item in said.get("ReferencedSOPSequence", []))
    return str(said.TransactionUID), Commitment(named - set(failed), failed)


def request(association: Association, transaction_uid: str, references: Sequence[tuple[str, str]]) -> int:
    """Ask for `references` (SOP Class UID, SOP Instance UID); the status of the N-ACTION; blocking, for `in_thread`.

    Raises `PacsAway` when it is not answered.
    """
    wanted = Dataset()
    wanted.TransactionUID = transaction_uid
    wanted.ReferencedSOPSequence = [_reference(*reference) for reference in references]
    try:
        status, _ = association.send_n_action(wanted, REQUEST, MODEL, INSTANCE)
    except (RuntimeError, ValueError):
        raise PacsAway("the association for storage commitment is gone") from None
    if "Status" not in status:
        raise PacsAway("the request for storage commitment was not answered")
    return int(status.Status)


def _reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item


def hear(association: Association, answers: Answers) -> None:
    """Take answers over the association that asked."""
    association.bind(evt.EVT_N_EVENT_REPORT, answers.handle)


@contextmanager
def listening(ae_title: str, host: str, port: int, answers: Answers) -> Iterator[int]:
    """Take answers over associations that nodes open to us; the port, which the system chooses for 0.

    Raises `OSError` when the port is taken.
    """
    entity = AE(ae_title=ae_title)
    entity.maximum_associations = 20
    entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = 30
    entity.add_supported_context(MODEL, SYNTAXES, scu_role=True, scp_role=True)
    entity.add_supported_context("1.2.840.10008.1.1", SYNTAXES)
    handlers: list[Any] = tended((evt.EVT_N_EVENT_REPORT, answers.handle))
    server = entity.start_server((host, port), block=False, evt_handlers=handlers)
    if server is None:
        raise OSError(f"no listener at port {port}")
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
