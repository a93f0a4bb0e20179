"""Every request over an association passes here, whoever sends it, and what comes of it is told.

pynetdicom's two ways out and in (`dimse.send_msg`, `dimse.get_msg`) are taken over: so no piece of code can forget
to ask for leave.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol

from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_ECHO, C_FIND, C_GET, C_MOVE

PENDING = (0xFF00, 0xFF01)
LEVEL = b"\x08\x00\x52\x00"
"""The tag of QueryRetrieveLevel, little endian."""


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
            self._begin(primitive)
        self._send(primitive, context_id)

    def _begin(self, primitive: Any) -> None:
        kind = kind_of(primitive)
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


def kind_of(primitive: Any) -> str:
    """`C-FIND STUDY`, `C-ECHO`: requests whose latencies can be compared."""
    kind = type(primitive).__name__.replace("_", "-")
    identifier = getattr(primitive, "Identifier", None)
    if identifier is None:
        return kind
    encoded = identifier.getvalue()
    at = encoded.find(LEVEL)
    level = encoded[at + 8 : at + 13].decode("ascii", "replace") if at >= 0 else ""
    return f"{kind} {level}".rstrip(" \x00")
