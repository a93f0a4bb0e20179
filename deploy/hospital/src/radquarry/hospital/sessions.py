"""The associations peers hold with the PACS: admitted, counted, delayed, doomed, and written into the traffic."""

import contextlib
import itertools
import socket
import time
import weakref
from dataclasses import dataclass
from functools import partial
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.events import EventHandlerType
from pynetdicom.transport import AssociationSocket

from radquarry.hospital.faults import Faults
from radquarry.hospital.traffic import Entry, Traffic

_UNLIMITED = 10_000


@dataclass(slots=True)
class Session:
    """One admitted association. A doomed one is aborted in the middle of its first answer."""

    number: int
    entry: Entry
    doomed: bool


class Sessions:
    """Follows every association of one AE through pynetdicom's events."""

    def __init__(self, ae: AE, faults: Faults, traffic: Traffic) -> None:
        self._ae = ae
        self._faults = faults
        self._traffic = traffic
        self._numbers = itertools.count(1)
        self._sessions = weakref.WeakKeyDictionary[Any, Session]()

    def handlers(self) -> list[EventHandlerType]:
        """What to bind to the server."""
        return [
            (evt.EVT_CONN_OPEN, tend),
            (evt.EVT_REQUESTED, self._requested),
            (evt.EVT_ACCEPTED, self._accepted),
            (evt.EVT_REJECTED, self._rejected),
            (evt.EVT_RELEASED, lambda event: self._ended(event, "released")),
            (evt.EVT_ABORTED, lambda event: self._ended(event, "aborted")),
            (evt.EVT_CONN_CLOSE, lambda event: self._ended(event, "closed")),
        ]

    def of(self, event: evt.Event) -> Session:
        """The session an event belongs to, which may be over: a request can be served after its connection closed."""
        return self._sessions[event.assoc]

    def abort(self, event: evt.Event) -> None:
        """Abort the association in the middle of whatever it does."""
        self._traffic.end(self.of(event).entry, "aborted by the PACS")
        event.assoc.abort()

    def _requested(self, event: evt.Event) -> None:
        del event
        faults = self._faults.pacs
        self._ae.maximum_associations = faults.max_associations or _UNLIMITED
        time.sleep(faults.association_delay_ms / 1000)

    def _accepted(self, event: evt.Event) -> None:
        number = next(self._numbers)
        every = self._faults.pacs.abort_association_every
        entry = self._traffic.begin("association", number, calling_ae_title=event.assoc.requestor.ae_title)
        self._sessions[event.assoc] = Session(number, entry, doomed=bool(every) and number % every == 0)

    def _rejected(self, event: evt.Event) -> None:
        entry = self._traffic.begin("refused", calling_ae_title=event.assoc.requestor.ae_title)
        self._traffic.end(entry, "refused")

    def _ended(self, event: evt.Event, how: str) -> None:
        session = self._sessions.get(event.assoc)
        if session is not None:
            self._traffic.end(session.entry, how)


def tend(event: evt.Event) -> None:
    """Handler of EVT_CONN_OPEN, and of EVT_REQUESTED before we connect ourselves: what pynetdicom leaves undone.

    Nagle's algorithm is off, else every answer would wait for an acknowledgement; a connection whose peer went first
    is closed, not left to Python's collector.
    """
    wrapped = event.assoc.dul.socket
    if wrapped is not None and wrapped.socket is not None:
        with contextlib.suppress(OSError):
            wrapped.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wrapped._shutdown_socket = partial(_close, wrapped)  # type: ignore[method-assign]  # noqa: SLF001


def _close(wrapped: AssociationSocket) -> None:
    connection = wrapped.socket
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
