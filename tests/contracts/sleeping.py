"""A peer on loopback, and associations to it whose thread sleeps until something happens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radquarry.dicom.association import Association
from radquarry.dicom.connection import tended
from radquarry.dicom.reactor import Reactor

FOR_EVER = 3600.0
"""Seconds that it sleeps unless it is woken."""
ENOUGH = 20.0


class Server:
    """Answers C-ECHO on loopback; `ended` is set when an association is over."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        handlers = tended(
            (evt.EVT_C_ECHO, lambda _event: 0x0000),
            (evt.EVT_RELEASED, lambda _event: self.ended.set()),
            (evt.EVT_ABORTED, lambda _event: self.ended.set()),
        )
        entity = AE("SERVER")
        entity.add_supported_context(Verification, scu_role=True, scp_role=True)
        self._server: Any = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def associations(self) -> list[Association]:
        return list(self._server.active_associations)

    def close(self) -> None:
        self._server.shutdown()


def associated(server: Server) -> Association:
    """An association whose threads are still as pynetdicom made them."""
    entity = AE("CALLER")
    entity.add_requested_context(Verification)
    role = build_role(Verification, scu_role=True, scp_role=True)
    answers = tended((evt.EVT_C_ECHO, lambda _event: 0x0000))
    association = entity.associate("127.0.0.1", server.port, ext_neg=[role], evt_handlers=answers)
    assert association.is_established
    return association


@contextmanager
def asleep(server: Server, longest_sleep: float = FOR_EVER) -> Iterator[Association]:
    """An association whose threads wake for nothing but what happens."""
    association = associated(server)
    Reactor(association, longest_sleep)
    try:
        yield association
    finally:
        if association.is_established:
            association.abort()


def in_time(call: Callable[[], Any]) -> Any:
    """What a call returns that would else wait for ever."""
    found: list[tuple[Any]] = []
    thread = threading.Thread(target=lambda: found.append((call(),)), daemon=True)
    thread.start()
    thread.join(ENOUGH)
    assert found, "it did not end"
    return found[0][0]
