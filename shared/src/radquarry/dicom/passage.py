"""Every request over an association passes here, whoever sends it, and what comes of it is told.

pynetdicom's two ways out and in (`dimse.send_msg`, `dimse.get_msg`) are taken over: so no piece of code can forget
to ask for leave.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol

from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_ECHO, C_FIND, C_GET, C_MOVE

from radquarry.dicom.elements import NotADataSetError, elements

PENDING = (0xFF00, 0xFF01)
LEVEL, CHARSET = 0x00080052, 0x00080005
"""The tags of QueryRetrieveLevel and Specific Character Set."""


class Gate(Protocol):
    """Leave for requests to one PACS, one by one. Called from the associations' threads."""

    @property
    def is_wanted_back(self) -> bool:
        """Whether the association is to be given back when what is under way is done."""

    @property
    def lost(self) -> Exception | None:
        """Why the association was taken away from its holder, if it was."""

    def leave(self, kind: str, is_over: Callable[[], bool]) -> None:
        """Return when a request may leave, or `is_over`. Raises `PacsStopped`, `OutsideWindows` or `PeerAway`."""

    def answered(self, kind: str, seconds: float) -> None:
        """Its first answer came."""

    def failed(self) -> None:
        """It was not answered to the end."""

    def refused(self, reason: str) -> None:
        """No association was to be had."""


class OpenGate:
    """Holds nobody up and looks at nothing: for peers that no load is kept of."""

    is_wanted_back = False
    lost: Exception | None = None

    def leave(self, kind: str, is_over: Callable[[], bool]) -> None:
        """See `Gate.leave`."""

    def answered(self, kind: str, seconds: float) -> None:
        """See `Gate.answered`."""

    def failed(self) -> None:
        """See `Gate.failed`."""

    def refused(self, reason: str) -> None:
        """See `Gate.refused`."""


class Passage:
    """Between an association and its gate."""

    def __init__(self, association: Association, gate: Gate) -> None:
        self._association = association
        self._gate = gate
        self._request: Any = None
        self._kind = ""
        self._left_at = 0.0
        self._is_answered = False
        dimse = association.dimse
        self._send, self._get = dimse.send_msg, dimse.get_msg
        dimse.send_msg = self._send_msg  # type: ignore[method-assign]
        dimse.get_msg = self._get_msg  # type: ignore[method-assign]

    def leave_alone(self) -> None:
        """What ends now ends by our own wish."""
        self._request = None

    def _send_msg(self, primitive: Any, context_id: int) -> None:
        if isinstance(primitive, C_FIND | C_MOVE | C_GET | C_ECHO) and primitive.MessageIDBeingRespondedTo is None:
            self._begin(primitive, context_id)
        self._send(primitive, context_id)

    def _begin(self, primitive: Any, context_id: int) -> None:
        contexts = self._association.accepted_contexts
        syntaxes = [context.transfer_syntax[0] for context in contexts if context.context_id == context_id]
        kind = kind_of(primitive, UID(syntaxes[0]) if syntaxes else ImplicitVRLittleEndian)
        try:
            self._ask_leave(kind)
        except BaseException:
            self._association._reactor_checkpoint.set()  # noqa: SLF001 - pynetdicom has just closed it
            raise
        self._request, self._kind, self._is_answered = primitive, kind, False
        self._left_at = time.perf_counter()

    def _ask_leave(self, kind: str) -> None:
        self._gate.leave(kind, self._is_over)
        if self._is_over():
            raise RuntimeError("the association is gone")

    def _is_over(self) -> bool:
        return not self._association.is_established or bool(self._association.acse.is_aborted())

    def _get_msg(self, block: bool = False) -> Any:  # noqa: FBT001, FBT002 - pynetdicom's signature
        context_id, message = self._get(block)
        request = self._request
        if request is not None:
            if message is not None:
                self._hear(request, message)
            elif block:
                self._request = None
                self._gate.failed()
        return context_id, message

    def _hear(self, request: Any, message: Any) -> None:
        if not self._is_answered:
            self._is_answered = True
            self._gate.answered(self._kind, time.perf_counter() - self._left_at)
        if type(message) is type(request) and message.Status not in PENDING:
            self._request = None


def guard(association: Association, gate: Gate) -> None:
    """Have every request over a fresh association ask `gate`."""
    Passage(association, gate)


def leave_alone(association: Association) -> None:
    """We end the association ourselves: that is no fault of the PACS."""
    passage = getattr(association.dimse.send_msg, "__self__", None)
    if isinstance(passage, Passage):
        passage.leave_alone()


def kind_of(primitive: Any, transfer_syntax: UID) -> str:
    """`C-ECHO`, `C-FIND STUDY 00080020 00100020*`: requests whose latencies can be compared.

    Of a query the level and the keys that narrow it, marked where they are wildcards or ranges: a PACS that finds a
    day at once may search long for the end of a patient id, and is not in trouble when it is asked for both.
    """
    kind = type(primitive).__name__.replace("_", "-")
    identifier = getattr(primitive, "Identifier", None)
    if identifier is None:
        return kind
    try:
        values = elements(identifier.getvalue(), transfer_syntax)
    except NotADataSetError:
        return kind
    level = values.pop(LEVEL, b"").decode("ascii", "replace").strip(" \x00")
    keys = [f"{tag:08x}{_mark(value)}" for tag, value in sorted(values.items()) if value and tag != CHARSET]
    return " ".join(filter(None, [kind, level, *keys]))


def _mark(value: bytes) -> str:
    if b"*" in value or b"?" in value:
        return "*"
    return "-" if b"-" in value else ""
