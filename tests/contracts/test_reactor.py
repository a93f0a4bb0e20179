"""pynetdicom's thread sleeps while nothing happens, and wakes at once when something does."""

import socket
import struct
import threading

import psutil

from radquarry.dicom.reactor import Reactor
from tests.contracts.sleeping import ENOUGH, FOR_EVER, Server, asleep, in_time


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


def test_a_request_of_the_peer_is_answered_though_nobody_asks_for_anything(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        (theirs,) = server.associations

        for _ in range(5):
            assert in_time(theirs.send_c_echo).Status == 0


def test_the_end_of_a_third_thread_that_serves_the_peer_keeps_no_release_waiting(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        association._is_paused = False  # what pynetdicom says after an N-EVENT-REPORT

        in_time(association.release)

        assert association.is_released


def test_the_other_thread_stands_in_the_gate_while_nothing_happens(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        looks: list[None] = []
        get_message = association.dimse.get_msg

        def counted(*, block: bool) -> object:
            looks.append(None)
            return get_message(block=block)

        association.dimse.get_msg = counted  # type: ignore[method-assign, assignment]
        threading.Event().wait(0.3)

        assert len(looks) <= 2


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
