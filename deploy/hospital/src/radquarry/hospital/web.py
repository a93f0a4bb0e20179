"""The hospital's HTTP side: FHIR and the control desk on one port, served from a thread."""

import socket
import threading

import uvicorn
from fastapi import APIRouter, FastAPI

from radquarry.hospital.faults import Faults
from radquarry.hospital.ris_faults import BadDays, TransportInScope
from radquarry.hospital.traffic import Traffic


class Web:
    """Serves from `start()` to `stop()`; the port is known after `start()`."""

    def __init__(self, host: str, port: int, faults: Faults, traffic: Traffic) -> None:
        self.host = host
        self.port = port
        self._app = FastAPI(title="radquarry simulated hospital", docs_url=None, redoc_url=None)
        self._app.add_api_route("/health", lambda: {"status": "ok"}, methods=["GET"])
        self._bad_days = BadDays(self._app, faults, traffic)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The FHIR base URL."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}/fhir"

    def serve(self, router: APIRouter) -> None:
        """Add routes, before the start."""
        self._app.include_router(router)

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        listener = socket.create_server((self.host, self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._bad_days,
            http=TransportInScope,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="hospital-ris", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and drop open connections."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=5)
