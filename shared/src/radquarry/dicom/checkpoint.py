"""The gate at which pynetdicom's own thread is held while we take an association's messages.

pynetdicom's thread says that it is paused before it comes to the gate. On a busy machine it may already have passed,
be put to sleep by the system, and then take the first message that was meant for us: a row of a C-FIND is missing
from a list that ends with success. This gate says so only when the thread stands in it.
"""

import threading

MOMENT = 0.05
"""Seconds after which the thread looks at its timers, in an association that nobody uses."""


class Checkpoint(threading.Event):
    """For `Association._reactor_checkpoint`, before the association is first used. `holds` is the thread it is for."""

    def __init__(self, holds: threading.Thread, moment: float = MOMENT) -> None:
        super().__init__()
        self._holds = holds
        self._moment = moment
        self._gate = threading.Condition()
        self._is_open = True
        self._is_held = False
        self._is_called = False

    def is_set(self) -> bool:
        """Whether the gate is open."""
        return self._is_open

    def set(self) -> None:
        """Open the gate."""
        with self._gate:
            self._is_open = self._is_called = True
            self._gate.notify_all()

    def call(self) -> None:
        """Where the gate is open, let the thread through without its moment: something has come for it.

        A peer's wish to release the association must be answered before anybody asks something over it.
        """
        with self._gate:
            self._is_called = True
            self._gate.notify_all()

    def clear(self) -> None:
        """Close the gate; returns when the thread stands in it, or has ended."""
        with self._gate:
            self._is_open = False
            if threading.current_thread() is not self._holds:
                while not (self._is_held or self._is_open) and self._holds.is_alive():
                    self._gate.wait(0.05)

    def wait(self, timeout: float | None = None) -> bool:
        """Stand in the gate until it is open, at most `timeout` seconds; whether it is.

        Open, it holds the thread for a moment, too: between two requests there is seldom anything for it to do.
        """
        with self._gate:
            self._is_held = True
            self._gate.notify_all()
            try:
                self._gate.wait_for(lambda: self._is_called or not self._is_open, self._moment)
                return self._gate.wait_for(lambda: self._is_open, timeout)
            finally:
                self._is_held = self._is_called = False
