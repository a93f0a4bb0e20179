"""A DICOM peer of the hospital: asks with real associations, and receives what it asks to be sent."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, Association, build_role, evt

from radquarry.hospital import Hospital
from radquarry.hospital.held_thread import hold
from radquarry.hospital.pacs import Pacs
from radquarry.hospital.sessions import tend

STUDY_FIND, STUDY_MOVE, STUDY_GET = (f"1.2.840.10008.5.1.4.1.2.2.{service}" for service in (1, 2, 3))
PATIENT_FIND, PATIENT_MOVE, PATIENT_GET = (f"1.2.840.10008.5.1.4.1.2.1.{service}" for service in (1, 2, 3))
ECHO = "1.2.840.10008.1.1"
_MODELS = (STUDY_FIND, STUDY_MOVE, STUDY_GET, PATIENT_FIND, PATIENT_MOVE, PATIENT_GET, ECHO)

Answers = tuple[list[Dataset], int]


def identifier(level: str, **keys: Any) -> Dataset:
    """An identifier with the given keys; None asks for the attribute."""
    wanted = Dataset()
    wanted.QueryRetrieveLevel = level
    wanted.SpecificCharacterSet = "ISO_IR 100"
    for keyword, value in keys.items():
        setattr(wanted, keyword, "" if value is None else value)
    return wanted


class Peer:
    """One association."""

    def __init__(self, association: Association) -> None:
        self.association = association

    def find(self, level: str, model: str = STUDY_FIND, **keys: Any) -> Answers:
        """The answers and the final status of one C-FIND."""
        responses = list(self.association.send_c_find(identifier(level, **keys), model))
        rows = [row for _, row in responses if row is not None]
        final = responses[-1][0]
        return rows, int(final.Status) if "Status" in final else -1

    def move(self, level: str, destination: str = "RADQUARRY", model: str = STUDY_MOVE, **keys: Any) -> Dataset:
        """The final response of one C-MOVE; empty when the association broke."""
        return list(self.association.send_c_move(identifier(level, **keys), destination, model))[-1][0]

    def get(self, level: str, model: str = STUDY_GET, **keys: Any) -> Dataset:
        """The final response of one C-GET."""
        return list(self.association.send_c_get(identifier(level, **keys), model))[-1][0]

    def echo(self) -> int:
        """The status of one C-ECHO."""
        return int(self.association.send_c_echo().Status)


@contextmanager
def peer(pacs: Pacs, store: Callable[[evt.Event], int] | None = None, storage: tuple[str, ...] = ()) -> Iterator[Peer]:
    """An established association; with `store` and `storage` SOP classes it also takes C-GET's instances."""
    association = associate(pacs, store, storage)
    assert association.is_established
    yield Peer(association)
    if association.is_established:
        association.release()


def associate(
    pacs: Pacs, store: Callable[[evt.Event], int] | None = None, storage: tuple[str, ...] = ()
) -> Association:
    """Ask for an association, which may be refused."""
    ae = AE(ae_title="RADQUARRY")
    for model in _MODELS:
        ae.add_requested_context(model, [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
    for sop_class in storage:
        ae.add_requested_context(sop_class, ExplicitVRLittleEndian)
    roles = [build_role(sop_class, scp_role=True) for sop_class in storage]
    handlers: list[Any] = [(evt.EVT_REQUESTED, tend), (evt.EVT_CONN_OPEN, tend), (evt.EVT_ESTABLISHED, hold)]
    if store:
        handlers.append((evt.EVT_C_STORE, store))
    return ae.associate(pacs.host, pacs.port, ae_title=pacs.ae_title, ext_neg=roles, evt_handlers=handlers)


class Receiver:
    """Keeps what it is sent: SOP instance UID → the whole object as a file's bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.received: list[str] = []
        self._lock = threading.Lock()

    def store(self, event: evt.Event) -> int:
        """pynetdicom's EVT_C_STORE handler."""
        uid = str(event.request.AffectedSOPInstanceUID)
        with self._lock:
            self.received.append(uid)
            self.files[uid] = event.encoded_dataset()
        return 0x0000

    def dataset(self, uid: str) -> Dataset:
        """One received object."""
        return dcmread(DicomBytesIO(self.files[uid]))


@contextmanager
def receiver(hospital: Hospital, kinds: set[tuple[str, str]], ae_title: str = "RADQUARRY") -> Iterator[Receiver]:
    """A STORE-SCP for (SOP class, transfer syntax) pairs that the PACS knows as a C-MOVE destination."""
    kept = Receiver()
    ae = AE(ae_title=ae_title)
    for sop_class, syntax in kinds:
        ae.add_supported_context(sop_class, syntax)
    server = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, kept.store), (evt.EVT_CONN_OPEN, tend)]
    )
    hospital.pacs.know(ae_title, "127.0.0.1", server.server_address[1])
    yield kept
    ae.shutdown()
