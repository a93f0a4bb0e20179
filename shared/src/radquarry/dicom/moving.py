"""C-MOVE and C-GET as a caller: one order, what the PACS says while it works on it, and at the end (PS3.4 C.4.2, 3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.multival import MultiValue
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from radquarry.dicom.association import Association
from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.dicom.uids import is_uid

STUDY_ROOT_GET = StudyRootQueryRetrieveInformationModelGet
STUDY_ROOT_MOVE = StudyRootQueryRetrieveInformationModelMove
MESSAGE_ID = 1
JOIN_SECONDS = 2
PENDING = (0xFF00, 0xFF01)
Responses = Iterator[tuple[Dataset, Dataset | None]]


@dataclass(frozen=True)
class MoveOrder:
    """A study, one series of it, or some instances of that series: the level is the lowest that is named."""

    study_instance_uid: str
    series_instance_uid: str = ""
    sop_instance_uids: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """QueryRetrieveLevel."""
        if self.sop_instance_uids:
            return "IMAGE"
        return "SERIES" if self.series_instance_uid else "STUDY"


@dataclass(frozen=True)
class Counts:
    """Numbers of sub-operations; None where the PACS did not say."""

    remaining: int | None = None
    completed: int | None = None
    failed: int | None = None
    warning: int | None = None

    @property
    def is_nothing(self) -> bool:
        """The PACS counted, and it moved nothing."""
        said = [self.completed, self.failed, self.warning]
        return any(number is not None for number in said) and not any(said)


@dataclass(frozen=True)
class MoveEnd:
    """How a C-MOVE ended. `status` is None when the association ended before the final response."""

    status: int | None
    counts: Counts = Counts()
    comment: str = ""
    failed_sop_instance_uids: tuple[str, ...] = ()


def move(association: Association, order: MoveOrder, destination: str, heard: Callable[[Counts], None]) -> MoveEnd:
    """Order and wait for the end; blocking, for `in_thread`. `heard` gets the counts of each pending response.

    Waits without limit: the caller watches the time, says `cancel_move`, and cancels. Raises `PacsAway` when the
    association is gone before the order, `PacsRefuses` when the PACS offers no C-MOVE.
    """

    def send() -> Responses:
        return association.send_c_move(_identifier(order), destination, STUDY_ROOT_MOVE, msg_id=MESSAGE_ID)

    return _to_the_end(association, send, heard, "C-MOVE")


def get(association: Association, order: MoveOrder, heard: Callable[[Counts], None]) -> MoveEnd:
    """As `move`, over the same association: what comes goes to its handler of EVT_C_STORE, in this thread."""

    def send() -> Responses:
        return association.send_c_get(_identifier(order), STUDY_ROOT_GET, msg_id=MESSAGE_ID)

    return _to_the_end(association, send, heard, "C-GET")


def _to_the_end(
    association: Association, send: Callable[[], Responses], heard: Callable[[Counts], None], service: str
) -> MoveEnd:
    association.dimse_timeout = None
    association.network_timeout = None
    try:
        responses = send()
    except RuntimeError:
        raise PacsAway("the association is gone") from None
    except ValueError:
        raise PacsRefuses(f"the PACS offers no {service} (study root)") from None
    if not association.is_established:
        raise PacsAway("the association is gone")  # it ended while we ordered: nobody would ever wake us
    for status, identifier in responses:
        if "Status" not in status:
            break
        if status.Status in PENDING:
            heard(_counts(status))
            continue
        return MoveEnd(status.Status, _counts(status), _comment(status), _failed(identifier))
    _end(association)
    return MoveEnd(None)


def cancel_move(association: Association, model: str = STUDY_ROOT_MOVE) -> None:
    """Ask the PACS to stop (C-CANCEL); many do not listen."""
    if association.is_established:
        association.send_c_cancel(MESSAGE_ID, query_model=model)


def _end(association: Association) -> None:
    """Abort unless the peer has; returns when pynetdicom has noticed, so that nobody takes it for established."""
    if association.is_established and not association.acse.is_aborted():
        association.abort()
    association.join(JOIN_SECONDS)


def _identifier(order: MoveOrder) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = order.level
    identifier.StudyInstanceUID = order.study_instance_uid
    if order.series_instance_uid:
        identifier.SeriesInstanceUID = order.series_instance_uid
    if order.sop_instance_uids:
        identifier.SOPInstanceUID = list(order.sop_instance_uids)
    return identifier


def _counts(status: Dataset) -> Counts:
    return Counts(
        remaining=status.get("NumberOfRemainingSuboperations"),
        completed=status.get("NumberOfCompletedSuboperations"),
        failed=status.get("NumberOfFailedSuboperations"),
        warning=status.get("NumberOfWarningSuboperations"),
    )


def _comment(status: Dataset) -> str:
    """The PACS's own words, as far as they are plain characters: shown to people, never trusted."""
    text = str(status.get("ErrorComment") or "")[:64]
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _failed(identifier: Dataset | None) -> tuple[str, ...]:
    named = identifier.get("FailedSOPInstanceUIDList") if identifier is not None else None
    uids = [str(uid) for uid in named] if isinstance(named, MultiValue | list) else [str(named or "")]
    return tuple(uid for uid in uids if is_uid(uid))
