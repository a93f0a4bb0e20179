"""Corrections to the one message pynetdicom sends next, where it knows less than the standard."""

from typing import Any


def swallow_next(association: Any) -> None:
    """Drop it: after a final B001 response pynetdicom sends a Success, where C-FIND has ended (PS3.4 table C.4-1)."""
    dimse = association.dimse

    def swallow(primitive: Any, context_id: int) -> None:
        del primitive, context_id
        del dimse.send_msg

    dimse.send_msg = swallow


def restate_next(association: Any, status: int) -> None:
    """Give it another status: pynetdicom refuses a C-MOVE before its first sub-operation only with A801."""
    dimse = association.dimse

    def restate(primitive: Any, context_id: int) -> None:
        del dimse.send_msg
        primitive.Status = status
        dimse.send_msg(primitive, context_id)

    dimse.send_msg = restate
