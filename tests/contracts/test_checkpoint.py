"""No message meant for us is taken by pynetdicom's own thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from radquarry.dicom.checkpoint import Checkpoint


class Reactor(threading.Thread):
    """pynetdicom's loop: through the gate, then it may be put to sleep, then it takes what it finds."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.checkpoint = Checkpoint(self, longest_stay=3600)
        self.has_passed, self.goes_on, self.ends = threading.Event(), threading.Event(), False

    def run(self) -> None:
        while not self.ends:
            self.checkpoint.wait()
            self.has_passed.set()
            assert self.goes_on.wait(10)


@contextmanager
def reactor() -> Iterator[Reactor]:
    thread = Reactor()
    thread.start()
    try:
        yield thread
    finally:
        thread.ends = True
        thread.goes_on.set()
        thread.checkpoint.set()
        thread.join(10)


def closing(thread: Reactor) -> threading.Thread:
    closer = threading.Thread(target=thread.checkpoint.clear, daemon=True)
    closer.start()
    return closer


def test_a_thread_that_has_passed_is_waited_for() -> None:
    with reactor() as thread:
        assert thread.has_passed.wait(10)
        closer = closing(thread)
        closer.join(0.2)
        assert closer.is_alive()

        thread.goes_on.set()
        closer.join(10)
        assert not closer.is_alive()


def test_an_open_gate_lets_it_through_again() -> None:
    with reactor() as thread:
        thread.goes_on.set()
        closing(thread).join(10)
        thread.has_passed.clear()

        thread.checkpoint.set()

        assert thread.has_passed.wait(10)


def test_it_stays_in_an_open_gate_until_it_is_told_and_passes_once_for_all_that_was_said() -> None:
    with reactor() as thread:
        assert thread.has_passed.wait(10)
        thread.has_passed.clear()
        for _ in range(3):
            thread.checkpoint.tell()
        thread.goes_on.set()
        assert thread.has_passed.wait(10)
        thread.has_passed.clear()
        assert not thread.has_passed.wait(0.2)

        thread.checkpoint.tell()

        assert thread.has_passed.wait(10)


def test_what_is_said_while_the_gate_is_closed_is_a_reason_when_it_opens() -> None:
    with reactor() as thread:
        thread.goes_on.set()
        closing(thread).join(10)
        thread.has_passed.clear()

        thread.checkpoint.tell()
        assert not thread.has_passed.wait(0.2)
        thread.checkpoint.set()

        assert thread.has_passed.wait(10)


def test_it_does_not_stay_longer_than_it_may() -> None:
    gate = Checkpoint(threading.current_thread(), longest_stay=0.01)
    assert gate.wait()
    assert gate.wait()


def test_a_thread_that_has_ended_holds_nobody_up() -> None:
    with reactor() as thread:
        thread.ends = True
        thread.goes_on.set()
        thread.join(10)

        closer = closing(thread)
        closer.join(10)
        assert not closer.is_alive()


def test_a_wait_at_a_closed_gate_ends_in_time() -> None:
    gate = Checkpoint(threading.current_thread(), longest_stay=3600)
    gate.clear()

    assert not gate.wait(0.01)
    assert not gate.is_set()
