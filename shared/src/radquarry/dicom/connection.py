"""What pynetdicom leaves undone on a TCP connection, in both roles."""

import socket
from contextlib import suppress
from functools import partial
from typing import Any

from pynetdicom import evt
from pynetdicom.transport import AssociationSocket


def tended(*handlers: tuple[Any, ...]) -> list[Any]:
    """`evt_handlers` of an association or a server: these, and what every connection of ours needs."""
    return [(evt.EVT_REQUESTED, _tend), (evt.EVT_CONN_OPEN, _tend), *handlers]


def _tend(event: evt.Event) -> None:
    """Before a requestor connects, and when an acceptor has a connection.

    Nagle's algorithm costs 40 ms a message in DIMSE's small PDUs. pynetdicom forgets to close a socket whose peer
    went first: each refused connection would keep its file descriptor until Python happens to collect it.
    """
    transport = event.assoc.dul.socket
    if transport is not None and transport.socket is not None:
        with suppress(OSError):
            transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport._shutdown_socket = partial(_close, transport)  # type: ignore[method-assign]  # noqa: SLF001 - see above


def _close(transport: AssociationSocket) -> None:
    connection = transport.socket
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
