"""A real SCP on loopback whose C-FIND answers are whatever a test says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import (
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)

from radquarry.dicom.connection import tended
from radquarry.dicom.peer import Peer

FindHandler = Callable[[evt.Event], Iterator[tuple[Any, Dataset | None]]]


@contextmanager
def answering(on_find: FindHandler, *, port: int = 0, **ae_settings: Any) -> Iterator[Peer]:
    """A PACS that answers with `on_find`; `ae_settings` are attributes of pynetdicom's AE."""
    entity = AE(ae_title="PACS")
    for key, value in ae_settings.items():
        setattr(entity, key, value)
    entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    entity.add_supported_context(PatientRootQueryRetrieveInformationModelFind)
    entity.add_supported_context(Verification)
    handlers = tended((evt.EVT_C_FIND, on_find))
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    assert server is not None
    try:
        yield Peer("main", "PACS", "127.0.0.1", server.server_address[1], "RADQUARRY", timeout_seconds=5)
    finally:
        server.shutdown()
        server.server_close()


def study_row(number: int, **values: str) -> Dataset:
    """An answer at study level with believable defaults."""
    row = Dataset()
    row.SpecificCharacterSet = values.pop("SpecificCharacterSet", "ISO_IR 100")
    row.QueryRetrieveLevel = "STUDY"
    row.StudyInstanceUID = f"1.2.3.{number}"
    for keyword, value in values.items():
        setattr(row, keyword, value)
    return row
