"""C-STORE as a caller, of objects as the bytes they came in: nothing is decoded, nothing written anew (PS3.7 9.1.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import cast

from pydicom.uid import UID
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_STORE

from radquarry.dicom.association import Association
from radquarry.dicom.peer import PacsAway

SUCCESS, OUT_OF_RESOURCES, NOT_SUPPORTED = 0x0000, 0xA700, 0x0122


@dataclass(frozen=True)
class InFile:
    """A data set that lies in a file from `start` (bytes) to its end, read piece by piece while it is sent."""

    path: Path
    start: int


@dataclass(frozen=True)
class Parcel:
    """An object under way: its encoded data set, and what a C-STORE request says of it."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data: BytesIO | InFile

    @property
    def kind(self) -> tuple[str, str]:
        """What a presentation context must fit."""
        return self.sop_class_uid, self.transfer_syntax_uid


def takes(association: Association, parcel: Parcel) -> bool:
    """Whether the peer agreed to such objects."""
    return _context(association, parcel) is not None


def store(association: Association, parcel: Parcel, originator: str = "") -> int:
    """Send it and return the status; blocking, for `in_thread`. `originator`: who asked for it by C-MOVE or C-GET.

    Raises `PacsAway` when the association ends first.
    """
    context = _context(association, parcel)
    if context is None:
        return NOT_SUPPORTED
    request = C_STORE()
    request.MessageID = 1
    request.Priority = 2
    request.AffectedSOPClassUID = UID(parcel.sop_class_uid)
    request.AffectedSOPInstanceUID = UID(parcel.sop_instance_uid)
    if originator:
        request.MoveOriginatorApplicationEntityTitle = originator
        request.MoveOriginatorMessageID = 1
    if isinstance(parcel.data, InFile):
        request._dataset_path = (parcel.data.path, parcel.data.start)  # noqa: SLF001 - how the library sends from a file
    else:
        request.DataSet = parcel.data
    checkpoint = association._reactor_checkpoint  # noqa: SLF001 - see checkpoint.py
    checkpoint.clear()
    try:
        if not association.is_established:
            raise PacsAway("the association is gone")
        association.dimse.send_msg(request, context)
        _, response = association.dimse.get_msg(block=True)
    finally:
        checkpoint.set()
    if not isinstance(response, C_STORE) or response.Status is None:
        raise PacsAway("the object was not answered for")
    return int(response.Status)


def receive(association: Association, take: Callable[[Parcel], int]) -> None:
    """Have `take` answer, with a status, for each object that comes over a C-GET's association."""

    def handle(event: evt.Event) -> int:
        request = cast("C_STORE", event.request)
        if request.DataSet is None:
            return NOT_SUPPORTED
        uids = str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID)
        return take(Parcel(*uids, str(event.context.transfer_syntax), request.DataSet))

    association.bind(evt.EVT_C_STORE, handle)


def _context(association: Association, parcel: Parcel) -> int | None:
    for context in association.accepted_contexts:
        if (context.abstract_syntax, context.transfer_syntax[0]) == parcel.kind:
            return context.context_id
    return None
