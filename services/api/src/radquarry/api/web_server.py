"""uvicorn inside the process's own event loop: its socket is bound before anything runs, signals stay the process's."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

from radquarry.configuration.file import ConfigurationError

log = structlog.get_logger(__name__)

CLOSE_SECONDS = 2
BACKLOG = 512


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process handles its signals."""
        yield


class WebServer:
    """Listens from its making on, serves while `run` runs. `before_end` lets long answers go."""

    def __init__(self, app: ASGIApp, listening: socket.socket, before_end: Callable[[], None]) -> None:
        for library in ("uvicorn", "sse_starlette"):
            # their own lines show requests and tracebacks, which may hold a patient's data
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._socket = listening
        self._before_end = before_end
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=CLOSE_SECONDS,
            )
        )

    async def run(self) -> None:
        """Serve until cancelled; then finish what is being answered, at most two seconds."""
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        try:
            await asyncio.shield(serving)
        finally:
            self._server.should_exit = True
            self._before_end()
            await asyncio.wait({serving})


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises `ConfigurationError` when it cannot."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigurationError([f"api.host: {host!r} is no address of this machine: {error.strerror}"]) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigurationError([f"api.port: cannot listen on {host} port {port}: {error.strerror}"]) from None
    listening.settimeout(0)
    return listening


def address_of(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
