"""A PACS behind a firewall that forgets connections: it takes them, and from some moment on nothing answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class TarPit:
    """Where it listens. `stuck` is set when it has swallowed something."""

    port: int
    stuck: threading.Event = field(default_factory=threading.Event)
    swallows: threading.Event = field(default_factory=threading.Event)


@contextmanager
def tar_pit(upstream: int | None = None) -> Iterator[TarPit]:
    """Passes bytes on to `upstream` until `swallows` is set, then keeps them, and every connection open."""
    listener = socket.create_server(("127.0.0.1", 0))
    pit, kept = TarPit(listener.getsockname()[1]), [listener]
    if upstream is None:
        pit.swallows.set()

    def pump(source: socket.socket, target: socket.socket | None) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if pit.swallows.is_set() or target is None:
                    pit.stuck.set()
                else:
                    target.sendall(data)

    def take() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", upstream)) if upstream is not None else None
                kept.extend([near, far] if far else [near])
                threading.Thread(target=pump, args=(near, far), daemon=True).start()
                if far is not None:
                    threading.Thread(target=pump, args=(far, near), daemon=True).start()

    threading.Thread(target=take, daemon=True).start()
    try:
        yield pit
    finally:
        for each in kept:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
