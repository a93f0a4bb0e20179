"""The associations of this process, a thread each: their sockets block, and Python's lock is free while they do."""

import socket
import threading
from collections.abc import Callable

from radquarry.storescp.association import Association
from radquarry.storescp.reception import Reception


def _nothing() -> None:
    """Nobody wants to know."""


class Threads:
    """`ended` is called when an association is over, from its thread."""

    def __init__(self, reception: Reception, ended: Callable[[], None] = _nothing) -> None:
        self._reception = reception
        self._ended = ended
        self._open: set[Association] = set()
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """Associations that are open."""
        return len(self._open)

    def take(self, transport: socket.socket, address: str, *, is_full: bool) -> None:
        """Serve this connection, or refuse its association for now."""
        transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        association = Association(transport, address, self._reception)
        with self._changed:
            self._open.add(association)
        threading.Thread(target=self._run, args=(association, is_full), name="association", daemon=True).start()

    def stop(self) -> None:
        """Let messages in work be kept and answered, then end everything."""
        limits = self._reception.limits
        for ending, seconds in ((Association.end, limits.drain), (Association.cut, limits.linger)):
            with self._changed:
                still = list(self._open)
            for association in still:
                ending(association)
            with self._changed:
                self._changed.wait_for(lambda: not self._open, seconds)

    def _run(self, association: Association, is_full: bool) -> None:  # noqa: FBT001 - a thread passes no names
        try:
            association.run(is_full=is_full)
        finally:
            with self._changed:
                self._open.discard(association)
                self._changed.notify_all()
            self._ended()
