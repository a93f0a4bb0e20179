"""The gate at which pynetdicom's own thread is held while we take an association's messages.

pynetdicom's thread says that it is paused before it comes to the gate. On a busy machine it may already have passed,
be put to sleep by the system, and then take the first message that was meant for us: a row of a C-FIND is missing
from a list that ends with success. This gate says so only when the thread stands in it.

By itself the thread passes an open gate a thousand times a second, to look for what the peer wants. Here it stands
until it is told that there is something to look at: whoever closes the gate finds it there.
"""

import threading


class Checkpoint(threading.Event):
    """For `Association._reactor_checkpoint`, before the association is first used. `holds` is the thread it is for.

    After `longest_stay` seconds it passes an open gate without being told: it looks at its own timers, too.
    """

    def __init__(self, holds: threading.Thread, longest_stay: float) -> None:
        super().__init__()
        self._holds = holds
        self._longest_stay = longest_stay
        self._gate = threading.Condition()
        self._is_open = self._has_reason = True
        self._is_held = False

    def is_set(self) -> bool:
        """Whether the gate is open."""
        return self._is_open

    def set(self) -> None:
        """Open the gate, and let the thread look at what came meanwhile."""
        with self._gate:
            self._is_open = self._has_reason = True
            self._gate.notify_all()

    @property
    def is_held(self) -> bool:
        """Whether the thread stands in it."""
        return self._is_held

    def tell(self) -> None:
        """There is something to look at, as soon as the gate is open."""
        with self._gate:
            self._has_reason = True
            if self._is_open:
                self._gate.notify_all()

    def clear(self) -> None:
        """Close the gate; returns when the thread stands in it, or has ended."""
        with self._gate:
            self._is_open = False
            if threading.current_thread() is not self._holds:
                while not (self._is_held or self._is_open) and self._holds.is_alive():
                    self._gate.wait(0.05)

    def wait(self, timeout: float | None = None) -> bool:
        """Stand in the gate until it is open and there is a reason to pass; whether it is open.

        At most `timeout` seconds; without one, having stood there for long is a reason, too.
        """
        with self._gate:
            self._is_held = True
            self._gate.notify_all()
            try:
                longest = self._longest_stay if timeout is None else timeout
                self._gate.wait_for(lambda: self._is_open and self._has_reason, longest)
                if timeout is None:
                    self._gate.wait_for(lambda: self._is_open)
                self._has_reason = self._has_reason and not self._is_open
                return self._is_open
            finally:
                self._is_held = False
