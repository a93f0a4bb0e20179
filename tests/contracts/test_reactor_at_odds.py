"""pynetdicom's thread, asleep, when the peer, the machine or its own state machine is against it."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from pynetdicom import AE
from pynetdicom.pdu_primitives import A_ABORT, A_RELEASE, P_DATA
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radquarry.dicom.connection import tended
from radquarry.dicom.reactor import Reactor
from tests.contracts.sleeping import ENOUGH, FOR_EVER, Server, asleep, in_time


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Nothing more can be opened; what is open stays."""
    lowest = os.dup(0)
    os.close(lowest)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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


def test_it_takes_two_file_descriptors_at_most(server: Server) -> None:
    process = psutil.Process()
    with asleep(server) as association:
        association.send_c_echo()
        before = process.num_fds()
        with asleep(server) as another:
            another.send_c_echo()

            assert process.num_fds() - before <= len(("ours", "the server's")) + 2


def test_without_a_file_descriptor_for_it_the_association_is_served_all_the_same(server: Server) -> None:
    entity = AE("CALLER")
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", server.port, evt_handlers=tended())

    with no_descriptor_left():
        Reactor(association, FOR_EVER)

        assert in_time(association.send_c_echo).Status == 0
        in_time(association.release)
    assert association.is_released


def test_what_is_sent_after_the_end_was_ordered_is_dropped_and_the_thread_lives_on_to_end_it(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()
        abort = A_ABORT()
        abort.abort_source = 0
        association.dul.to_provider_queue.put(abort)
        association.dul.to_provider_queue.put(P_DATA())
        association.dul.send_pdu(A_RELEASE())

        assert server.ended.wait(ENOUGH)
        association.join(ENOUGH)
        assert association.dul.to_provider_queue.empty()
        assert association.dul.state_machine.current_state == "Sta1"


def test_a_second_wish_to_release_is_dropped(server: Server) -> None:
    with asleep(server) as association:
        association.send_c_echo()

        for _ in range(2):
            association.dul.send_pdu(A_RELEASE())

        assert server.ended.wait(ENOUGH)
        association.join(ENOUGH)
        assert association.dul.to_provider_queue.empty()
        assert association.dul.state_machine.current_state == "Sta1"


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


def test_nobody_else_gets_the_file_descriptor_while_a_byte_is_on_its_way_to_it(server: Server) -> None:
    with asleep(server) as association:
        reactor = Reactor(association, FOR_EVER)
        sends, goes_on = threading.Event(), threading.Event()
        told = reactor._tell

        class Slow:
            def send(self, byte: bytes) -> int:
                sends.set()
                assert goes_on.wait(ENOUGH)
                return told.send(byte)

            def close(self) -> None:
                told.close()

        reactor._tell = Slow()  # type: ignore[assignment]
        sender = threading.Thread(target=association.abort, daemon=True)
        sender.start()
        assert sends.wait(ENOUGH)
        closer = threading.Thread(target=reactor._close, daemon=True)
        closer.start()
        closer.join(0.2)
        assert told.fileno() != -1

        goes_on.set()
        closer.join(ENOUGH)
        sender.join(ENOUGH)
        assert told.fileno() == -1
