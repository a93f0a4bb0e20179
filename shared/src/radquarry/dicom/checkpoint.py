"""The gate at which pynetdicom's own thread is held while we take an association's messages.

pynetdicom's thread says that it is paused before it comes to the gate. On a busy machine it may already have passed,
be put to sleep by the system, and then take the first message that was meant for us: a row of a C-FIND is missing
from a list that ends with success. This gate says so only when the thread stands in it.
"""

import threading


class Checkpoint(threading.Event):
    """For `Association._reactor_checkpoint`, before the association is first used. `holds` is the thread it is for."""

    def __init__(self, holds: threading.Thread) -> None:
        super().__init__()
        self._holds = holds
        self._gate = threading.Condition()
        self._is_open = True
        self._is_held = False

    def is_set(self) -> bool:
        """Whether the gate is open."""
        return self._is_open

    def set(self) -> None:
        """Open the gate."""
        with self._gate:
            self._is_open = True
            self._gate.notify_all()

    def clear(self) -> None:
        """Close the gate; returns when the thread stands in it, or has ended."""
        with self._gate:
            self._is_open = False
            if threading.current_thread() is not self._holds:
                while not (self._is_held or self._is_open) and self._holds.is_alive():
                    self._gate.wait(0.05)

    def wait(self, timeout: float | None = None) -> bool:
        """Stand in the gate until it is open, at most `timeout` seconds; whether it is."""
        with self._gate:
            self._is_held = not self._is_open
            self._gate.notify_all()
            try:
                return self._gate.wait_for(lambda: self._is_open, timeout)
            finally:
                self._is_held = False
