"""pynetdicom's reactor, the thread that serves a connection, asleep until there is something to send or to read.

By itself it looks a thousand times a second: that costs processor time for every open association, and each message
waits for the next look. The association's other thread, which does the same, is told when this one has done something
(checkpoint.py).
"""

import fcntl
import selectors
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any

from pynetdicom.association import Association
from pynetdicom.fsm import TRANSITION_TABLE
from pynetdicom.transport import AssociationSocket

from radquarry.dicom.checkpoint import Checkpoint

LONGEST_SLEEP = 0.5
"""Seconds after which it, or the other thread, looks at its own timers."""
WAITS_TO_CLOSE = "Sta13"
"""The state in which a connection is only read until it ends (PS3.8 Table 9-10); pynetdicom's own look does that."""
OUT_OF_ITS_SIGHT = 1024
"""The lowest file descriptor that select() cannot look at: pynetdicom's own look sees only those below."""


class Gated(Association):
    """Its thread is paused when it stands in the gate, or asks for something itself while it serves the peer.

    pynetdicom keeps a word of its own for that, and a third thread, which serves an N-EVENT-REPORT, takes it back when
    it ends: whoever waits for the pause then waits for ever.
    """

    _reactor_checkpoint: Checkpoint

    @property
    def _is_paused(self) -> bool:
        serves_us = threading.current_thread() is self
        return serves_us or self._reactor_checkpoint.is_held or self._kill or not self.is_alive()

    @_is_paused.setter
    def _is_paused(self, _: bool) -> None: ...

    def _serve_request(self, msg: Any, context_id: int) -> None:
        """It takes one message each time that it passes the gate, and several may have come before it did.

        One that stays, and that nobody answers, would be taken for the answer to what is asked next.
        """
        super()._serve_request(msg, context_id)
        self._reactor_checkpoint.tell()


class Reactor:
    """Of an established association; takes over its look at the connection, its way of sending, and its gate."""

    def __init__(self, association: Association, longest_sleep: float = LONGEST_SLEEP) -> None:
        self._longest_sleep = longest_sleep
        self._association = association
        self._dul = association.dul
        self._look, self._send = self._dul._is_transport_event, self._dul.send_pdu  # noqa: SLF001 - see above
        self._take = self._dul._process_recv_primitive  # noqa: SLF001 - as above
        self._has_acted = True  # perhaps: it may be in pynetdicom's own look at this moment
        ends = _ends()
        self._checkpoint = Checkpoint(association, longest_sleep if ends else 0)
        association._reactor_checkpoint = self._checkpoint  # noqa: SLF001 - as above
        association.__class__ = Gated
        self._is_to_sleep = ends is not None
        if ends is not None:
            self._prepare_sleep(*ends)
        self._dul._process_recv_primitive = self.begin  # type: ignore[method-assign]  # noqa: SLF001 - as above

    def _prepare_sleep(self, told: socket.socket, tell: socket.socket) -> None:
        self._told, self._tell = told, tell
        self._telling = threading.Lock()
        self._sleep = selectors.PollSelector()  # takes no file descriptor, and any number of one
        self._sleep.register(self._told, selectors.EVENT_READ)
        transport = self._dul.socket
        assert transport is not None  # noqa: S101 - it has just been used
        self._connection: Any = transport.socket
        self._watch_its_end(transport)
        try:
            self._sleep.register(self._connection or -1, selectors.EVENT_READ)
        except (ValueError, OSError):  # the peer was quicker
            self._close()
        self._dul.send_pdu = self.send  # type: ignore[method-assign]

    def _watch_its_end(self, transport: AssociationSocket) -> None:
        self._shut = transport._shutdown_socket  # noqa: SLF001 - as above
        self._kill, self._kill_both = self._dul.kill_dul, self._association.kill
        transport._shutdown_socket = self._close  # type: ignore[method-assign]  # noqa: SLF001 - as above
        self._dul.kill_dul = self._end  # type: ignore[method-assign]
        self._association.kill = self._end_both  # type: ignore[method-assign]

    def send(self, primitive: Any) -> None:
        """From any thread: have it sent at once."""
        self._send(primitive)
        with suppress(OSError), self._telling:  # closed, or it has been told already
            self._tell.send(b"\0")

    def begin(self) -> bool:
        """In the reactor's thread, as soon as it comes round: from here on nothing is done that nobody is told of."""
        if self._is_to_sleep:
            self._dul._is_transport_event = self.look  # type: ignore[method-assign]  # noqa: SLF001 - as above
        self._dul._process_recv_primitive = self.take  # type: ignore[method-assign]  # noqa: SLF001 - as above
        return self.take()

    def take(self) -> bool:
        """In the reactor's thread: whether there is something to do before it reads; the next to send is its event.

        It has done what it found to do the last time.
        What another thread sent while this one ended the association comes too late and is dropped: its state has no
        place for it (PS3.8 Table 9-10), and pynetdicom's thread would die of it.
        """
        if self._has_acted:
            self._checkpoint.tell()
        self._has_acted = self._has_an_event()
        return self._has_acted

    def _has_an_event(self) -> bool:
        events, to_send = self._dul.event_queue, self._dul.to_provider_queue
        if not events.empty():
            return True
        while self._take():
            if (events.queue[0], self._dul.state_machine.current_state) in TRANSITION_TABLE:
                return True
            events.get()
            to_send.get()
        return False

    def look(self) -> bool:
        """In the reactor's thread: wait, then read what came; whether anything did."""
        has_read = self._has_read()
        self._has_acted = not self._dul.event_queue.empty()
        return has_read

    def _has_read(self) -> bool:
        if self._is_to_look_at_once():
            return self._look()
        ready: set[Any] = set()
        with suppress(OSError, ValueError):  # closed meanwhile
            ready = {key.fileobj for key, _ in self._sleep.select(self._longest_sleep)}
        if self._told in ready:
            with suppress(OSError):
                self._told.recv(4096)
        if self._has_an_event():
            return False
        return self._look() if self._connection in ready else False

    def _is_to_look_at_once(self) -> bool:
        transport, connection = self._dul.socket, self._connection
        if transport is None or transport.socket is None or transport.socket is not connection:
            return True
        if self._dul.state_machine.current_state == WAITS_TO_CLOSE:
            return True
        return isinstance(connection, ssl.SSLSocket) and bool(connection.pending())

    def _end(self) -> None:
        """The thread ends. Where the peer broke the connection off, pynetdicom would leave our end of it open.

        Where the peer broke the protocol, it would leave whoever waits for an answer waiting. And while one caller
        after the other closes the gate, it would not come to see that nothing can be asked any more.
        """
        self._kill()
        self._close()
        self._association.is_established = False
        self._association.dimse.msg_queue.put((None, None))
        self._checkpoint.tell()

    def _end_both(self) -> None:
        """The association ends, perhaps because this thread has died of what it was to send."""
        self._kill_both()
        self._close()
        self._checkpoint.tell()

    def _close(self) -> None:
        self._connection = None
        self._shut()
        self._sleep.close()
        with self._telling:  # else the byte may go to whoever is given the file descriptor next
            self._told.close()
            self._tell.close()


def _ends() -> tuple[socket.socket, socket.socket] | None:
    """To be told by, and to tell; None where no file descriptor is left: pynetdicom's own way needs none."""
    try:
        told, tell = map(_out_of_its_sight, socket.socketpair())
    except OSError:
        return None
    for end in (told, tell):
        end.setblocking(False)  # noqa: FBT003 - one byte is enough to wake it
    return told, tell


def _out_of_its_sight(end: socket.socket) -> socket.socket:
    """Under a higher number: else three times as many of the lower ones are gone when connections need them."""
    try:
        high = fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, OUT_OF_ITS_SIGHT)
    except OSError:  # there is none
        return end
    end.close()
    return socket.socket(fileno=high)
