"""Associations under limits that a test can wait for, without bus and process."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radquarry.configuration.sections import Node
from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.callers import Callers
from radquarry.storescp.limits import Limits
from radquarry.storescp.quarantine import Quarantine
from radquarry.storescp.reception import Reception
from radquarry.storescp.threads import Threads
from tests.storescp.samples import CALLER
from tests.storescp.speaking import Speaker


class Desk:
    """Threads that take whoever `speaker` connects."""

    def __init__(self, folder: Path, limits: Limits, reserve_bytes: float = 0) -> None:
        self.kept: list[Kept] = []
        self.archive = Archive(folder, reserve_bytes)
        quarantine = Quarantine(folder, keep_days=30)
        callers = Callers(Node(allowed_callers=(CALLER,)), ())
        self.threads = Threads(Reception(self.archive, quarantine, callers, self.kept.append, limits))
        self._listener = socket.create_server(("127.0.0.1", 0))

    @contextmanager
    def speaker(self) -> Iterator[Speaker]:
        """A sender that is connected."""
        with Speaker(self._listener.getsockname()[1]) as speaker:
            transport, address = self._listener.accept()
            self.threads.take(transport, address[0], is_full=False)
            yield speaker

    def close(self) -> None:
        """End everything."""
        self.threads.stop()
        self.archive.close()
        self._listener.close()


@contextmanager
def desk(folder: Path, limits: Limits | None = None, reserve_bytes: float = 0) -> Iterator[Desk]:
    """Open for one test."""
    opened = Desk(folder, limits or Limits(), reserve_bytes)
    try:
        yield opened
    finally:
        opened.close()
