"""pynetdicom's thread sleeps while nothing happens, and wakes at once when something does."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radquarry.dicom.association import Association
from radquarry.dicom.checkpoint import Checkpoint
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
        entity.add_supported_context(Verification)
        self._server: Any = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def associations(self) -> list[Association]:
        return list(self._server.active_associations)

    def close(self) -> None:
        self._server.shutdown()


@pytest.fixture
def server() -> Iterator[Server]:
    opened = Server()
    yield opened
    opened.close()


@contextmanager
def asleep(server: Server) -> Iterator[Association]:
    """An association whose reactor wakes for nothing but what happens."""
    entity = AE("CALLER")
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", server.port, evt_handlers=tended())
    assert association.is_established
    association._reactor_checkpoint = Checkpoint(association)
    Reactor(association, FOR_EVER)
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


def test_a_request_wakes_it_and_so_does_the_answer(server: Server) -> None:
    with asleep(server) as association:
        for _ in range(5):
            assert in_time(association.send_c_echo).Status == 0


def test_it_wakes_to_release_the_association(server: Server) -> None:
    with asleep(server) as association:
        in_time(association.release)

        assert association.is_released
        assert server.ended.wait(ENOUGH)


def test_it_wakes_to_abort_the_association(server: Server) -> None:
    with asleep(server) as association:
        in_time(association.abort)

        assert server.ended.wait(ENOUGH)
        association.dul.join(ENOUGH)
        assert not association.dul.is_alive()


def test_it_notices_that_the_peer_aborts(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()

        server.associations[0].abort()

        association.join(ENOUGH)
        assert association.is_aborted


def test_it_looks_for_nothing_while_nothing_happens(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        looks: list[None] = []
        reactor = association.dul._is_transport_event

        def counted() -> bool:
            looks.append(None)
            return reactor()

        association.dul._is_transport_event = counted  # type: ignore[method-assign]
        association.send_c_echo()
        before = len(looks)
        threading.Event().wait(0.3)

        assert len(looks) - before <= 2


def test_what_it_is_woken_by_is_closed_with_the_connection(server: Server) -> None:
    process = psutil.Process()
    with asleep(server) as association:
        association.release()
    association.join(ENOUGH)
    before = process.num_fds()
    for _ in range(5):
        with asleep(server) as association:
            association.release()
        association.join(ENOUGH)
    for left in server.associations:
        left.join(ENOUGH)

    assert process.num_fds() <= before + 1


def test_a_connection_that_the_peer_breaks_off_is_closed_on_this_side_too(server: Server) -> None:
    with asleep(server) as association:
        transport = association.dul.socket
        assert transport is not None
        connection = transport.socket
        assert connection is not None
        theirs = server.associations[0].dul.socket
        assert theirs is not None
        assert theirs.socket is not None
        theirs.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.socket.close()

        association.join(ENOUGH)

        assert not association.dul.is_alive()
        assert connection.fileno() == -1


def test_an_association_that_was_over_before_leaves_nothing_behind(server: Server) -> None:
    with asleep(server) as association:
        association.release()
        association.dul.join(ENOUGH)
        before = psutil.Process().num_fds()

        Reactor(association, FOR_EVER)

        assert psutil.Process().num_fds() == before
