"""The STORE-SCP's ear: accepts connections and hands each to a thread, or to a process of several."""

import asyncio
import select
import socket
import threading
from typing import Protocol

import structlog

from radquarry.configuration.sections import Node

log = structlog.get_logger(__name__)

BACKLOG = 128
PAUSE = 0.5
"""Seconds until the next try when the system has no descriptor left for another connection."""


class Hall(Protocol):
    """Where connections are served: `Threads`, or `Workers`."""

    @property
    def count(self) -> int:
        """Connections that are open."""

    def take(self, transport: socket.socket, address: str, *, is_full: bool) -> None:
        """Serve this one, or refuse its association for now."""

    def stop(self) -> None:
        """Let messages in work be kept and answered, then end everything."""


class Receiver:
    """Listens from `start` to `stop`."""

    def __init__(self, node: Node, hall: Hall) -> None:
        self._node = node
        self._hall = hall
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._told, self._tell = socket.socketpair()

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        assert self._listener is not None  # noqa: S101 - asked after `start` only
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Listen. Raises OSError, with the address, when the port is taken."""
        host, port = self._node.host, self._node.port
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
            self._listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise OSError(error.errno, f"node: cannot listen at {host}:{port}: {error.strerror}") from error
        self._listener.setblocking(False)  # noqa: FBT003 - a connection may be gone again when it is accepted
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), name="storescp", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Take no new associations, let instances in work be kept and answered, then end what is open."""
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        self._tell.close()
        if self._thread is not None:
            self._thread.join()
        if self._listener is not None:
            self._listener.close()
        self._told.close()
        self._hall.stop()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([listener, self._told], [], [])
            if self._told in ready:
                return
            try:
                transport, address = listener.accept()
            except OSError as error:
                log.error("cannot accept a connection", reason=type(error).__name__)
                select.select([self._told], [], [], PAUSE)
                continue
            transport.setblocking(True)  # noqa: FBT003 - as above
            self._hand_over(transport, str(address[0]))

    def _hand_over(self, transport: socket.socket, address: str) -> None:
        """One too many is told so; of those who wait to be told there are no more than there are associations."""
        most = self._node.associations
        if self._hall.count >= 2 * most:
            transport.close()
        else:
            self._hall.take(transport, address, is_full=self._hall.count >= most)
