"""A process that receives for another one: `Workers` starts it, hands it connections and announces what it keeps."""

import signal
import socket
import sys
import threading

from radquarry.process import configure_logs
from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.reception import open_reception
from radquarry.storescp.settings import Settings
from radquarry.storescp.threads import Threads
from radquarry.storescp.workers import ENDED, KEPT, READY, REFUSE


class Parent:
    """The socket to the process that started this one."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def serve(self, threads: Threads) -> None:
        """Take connections until the parent shuts its side, or is gone."""
        while True:
            word, descriptors, _, _ = socket.recv_fds(self._channel, 1, 1)
            if not word:
                return
            for descriptor in descriptors:
                transport = socket.socket(fileno=descriptor)
                try:
                    address = str(transport.getpeername()[0])
                except OSError:  # gone already
                    transport.close()
                    self.ended()
                    continue
                threads.take(transport, address, is_full=word == REFUSE)

    def ready(self) -> None:
        """Tell that connections may come."""
        self._say(f"{READY}\n")

    def keep(self, kept: Kept) -> None:
        """Tell what is durable."""
        self._say(f"{KEPT} {kept.marker.name} {kept.instance.model_dump_json()}\n")

    def ended(self) -> None:
        """Tell that a connection is over."""
        self._say(f"{ENDED}\n")

    def _say(self, line: str) -> None:
        try:
            with self._lock:
                self._channel.sendall(line.encode())
        except OSError:
            return  # the parent is gone; the markers stay, and its successor announces them


def main() -> None:
    """Ends when the parent wants it to, or is gone; signals go to the parent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    configure_logs()
    settings = Settings.model_validate_json(sys.stdin.buffer.read())
    archive = Archive(settings.data_dir, settings.reserve_bytes)
    try:
        with socket.socket(fileno=int(sys.argv[1])) as channel:
            parent = Parent(channel)
            threads = Threads(open_reception(settings, archive, parent.keep), parent.ended)
            parent.ready()
            parent.serve(threads)
            threads.stop()
    finally:
        archive.close()


if __name__ == "__main__":
    main()
