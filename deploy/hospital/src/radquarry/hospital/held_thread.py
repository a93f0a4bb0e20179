"""A sub-operation's answer belongs to whoever sent the object, never to pynetdicom's own thread.

That thread says that it is paused before it comes to its checkpoint. On a busy machine it may be put to sleep in
between, wake up, and take the answer to a C-STORE that somebody else waits for.
"""

import threading

from pynetdicom import evt


def hold(event: evt.Event) -> None:
    """Handler of EVT_ESTABLISHED for associations of our own, on which we only send."""
    event.assoc._reactor_checkpoint = HoldingCheckpoint(event.assoc)  # noqa: SLF001 - pynetdicom has no other door


class HoldingCheckpoint(threading.Event):
    """Closed (`clear`) only when the thread it is for stands at it, or has ended."""

    def __init__(self, held: threading.Thread) -> None:
        super().__init__()
        super().set()
        self._held = held
        self._stands = threading.Event()
        self._passing = threading.Lock()

    def clear(self) -> None:
        """Close it."""
        with self._passing:
            super().clear()
            self._stands.clear()
        while not self.is_set() and self._held.is_alive() and not self._stands.wait(0.05):
            pass

    def wait(self, timeout: float | None = None) -> bool:
        """Stand at it until it is open."""
        with self._passing:
            if self.is_set():
                return True
            self._stands.set()
        return super().wait(timeout)
