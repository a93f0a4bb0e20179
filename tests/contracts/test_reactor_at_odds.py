"""pynetdicom's thread, asleep, when the peer, the machine or its own state machine is against it."""

import threading

from pynetdicom.dimse_primitives import C_ECHO
from pynetdicom.pdu_primitives import A_ABORT, A_RELEASE, P_DATA

from radquarry.dicom.association import Association
from radquarry.dicom.reactor import Gated, Reactor
from tests.contracts.sleeping import ENOUGH, FOR_EVER, Server, asleep, associated, in_time


def test_the_peers_wish_to_release_is_heard_asleep(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()

        in_time(server.associations[0].release)

        association.join(ENOUGH)
        assert association.is_released


def test_the_peers_abort_is_heard_asleep(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()

        in_time(server.associations[0].abort)

        association.join(ENOUGH)
        assert association.is_aborted


def assert_over(server: Server, association: Association) -> None:
    """Both sides know, and nothing is left to be sent."""
    assert server.ended.wait(ENOUGH)
    association.join(ENOUGH)
    assert association.dul.to_provider_queue.empty()
    assert association.dul.state_machine.current_state == "Sta1"


def test_what_is_sent_after_the_end_was_ordered_is_dropped_and_the_thread_lives_on_to_end_it(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        abort = A_ABORT()
        abort.abort_source = 0
        association.dul.to_provider_queue.put(abort)
        association.dul.to_provider_queue.put(P_DATA())
        association.dul.send_pdu(A_RELEASE())

        assert_over(server, association)


def test_a_second_wish_to_release_is_dropped(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()

        for _ in range(2):
            association.dul.send_pdu(A_RELEASE())

        assert_over(server, association)


def test_a_thread_that_dies_of_what_it_was_to_send_leaves_nothing_open(server: Server) -> None:
    with asleep(server, longest_sleep=0.1) as association:
        association.send_c_echo()
        transport = association.dul.socket
        assert transport is not None
        connection = transport.socket
        assert connection is not None

        association.dul.send_pdu("no message")  # type: ignore[arg-type]

        association.join(ENOUGH)
        assert not association.dul.is_alive()
        assert connection.fileno() == -1


def test_whoever_waits_for_an_answer_is_woken_when_the_peer_breaks_the_protocol(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        association.dimse_timeout = None
        association._reactor_checkpoint.clear()
        theirs = server.associations[0].dul.socket
        assert theirs is not None
        assert theirs.socket is not None

        theirs.socket.sendall(b"\x09\0\0\0\0\0")  # there is no such PDU

        assert in_time(lambda: association.dimse.get_msg(block=True)) == (None, None)


def test_an_association_whose_connection_is_gone_is_not_taken_for_established_behind_a_closed_gate(
    server: Server,
) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        association._reactor_checkpoint.clear()

        server.associations[0].abort()

        association.dul.join(ENOUGH)
        assert not association.is_established
        association._reactor_checkpoint.set()
        association.join(ENOUGH)
        assert association.is_aborted


def test_of_messages_that_came_together_none_is_left_to_be_taken_for_the_next_answer(server: Server) -> None:
    with asleep(server) as association:
        unasked = C_ECHO()
        unasked.MessageIDBeingRespondedTo, unasked.Status = 7, 0x0122
        is_empty = threading.Event()
        get_message = association.dimse.get_msg

        def noticed(*, block: bool) -> object:
            context, message = get_message(block=block)
            if message is None:
                is_empty.set()
            return context, message

        association._reactor_checkpoint.clear()
        association.dimse.get_msg = noticed  # type: ignore[method-assign, assignment]
        for _ in range(3):
            association.dimse.msg_queue.put((1, unasked))
        association._reactor_checkpoint.set()

        assert is_empty.wait(ENOUGH)
        assert in_time(association.send_c_echo).Status == 0


def test_what_it_was_reading_when_its_look_was_taken_over_is_told_of_too(server: Server) -> None:
    association = associated(server)
    association.send_c_echo()
    transport = association.dul.socket
    assert transport is not None
    receive = transport.recv
    reads, goes_on, has_looked = threading.Event(), threading.Event(), threading.Event()

    def slow(length: int) -> bytearray:
        reads.set()
        assert goes_on.wait(ENOUGH)
        return receive(length)

    def seen(*, block: bool) -> tuple[None, None]:
        has_looked.set()
        return None, None

    transport.recv = slow  # type: ignore[method-assign, assignment]
    releaser = threading.Thread(target=server.associations[0].release, daemon=True)
    releaser.start()
    assert reads.wait(ENOUGH)
    Reactor(association, FOR_EVER)
    association.dimse.get_msg = seen  # type: ignore[method-assign, assignment]
    assert isinstance(association, Gated)
    association._reactor_checkpoint.tell()
    assert has_looked.wait(ENOUGH)
    while not association._is_paused:
        threading.Event().wait(0.001)

    goes_on.set()

    association.join(ENOUGH)
    assert association.is_released
