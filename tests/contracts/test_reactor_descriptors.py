"""What the sleeping thread is woken by: file descriptors, few, of its own, and out of the way."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from radquarry.dicom.reactor import OUT_OF_ITS_SIGHT, Reactor
from tests.contracts.sleeping import ENOUGH, FOR_EVER, Server, asleep, associated, in_time


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Nothing more can be opened; what is open stays."""
    with descriptors_below(lowest_descriptor()):
        yield


@contextmanager
def descriptors_below(most: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def lowest_descriptor() -> int:
    """The number that the next to be opened is given."""
    lowest = os.dup(0)
    os.close(lowest)
    return lowest


def test_it_takes_two_file_descriptors_at_most(server: Server) -> None:
    process = psutil.Process()
    with asleep(server) as association:
        association.send_c_echo()
        before = process.num_fds()
        with asleep(server) as another:
            another.send_c_echo()

            assert process.num_fds() - before <= len(("ours", "the server's")) + 2


def test_without_a_file_descriptor_for_it_the_association_is_served_all_the_same(server: Server) -> None:
    association = associated(server)

    with no_descriptor_left():
        Reactor(association, FOR_EVER)

        assert in_time(association.send_c_echo).Status == 0
        in_time(association.release)
    assert association.is_released


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


def test_what_it_is_woken_by_takes_no_number_that_the_librarys_own_look_needs(server: Server) -> None:
    association = associated(server)
    with descriptors_below(2 * OUT_OF_ITS_SIGHT):
        before = lowest_descriptor()

        Reactor(association, FOR_EVER)

        assert lowest_descriptor() == before
        in_time(association.release)
