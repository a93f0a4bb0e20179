"""Real processes for journeys: the hospital, and radquarry as its users start it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import yaml

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from radquarry.hospital.truth import Truth

Found = TypeVar("Found")
POLL_SECONDS = 0.1


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], Found | None], seconds: float, what: str) -> Found:
    """What `look` finds, looked for until it is there; fails after `seconds`."""
    deadline, nothing_happens = time.monotonic() + seconds, threading.Event()
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        nothing_happens.wait(POLL_SECONDS)  # processes that speak by HTTP only have no other event than looking again
    return found


class Process:
    """A process in the background, its output in a file; killed and waited for at the end."""

    def __init__(self, command: list[str], log: Path, **environ: str) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **environ},
            )

    @property
    def pid(self) -> int:
        """Its number, for looking at its memory."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL: no last word, no clean-up."""
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> int:
        """SIGTERM, as an operator ends it; its exit code. Killed after 20 s."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.alive():
            self.kill()


@contextmanager
def running_hospital(settings: HospitalSettings, folder: Path) -> Iterator[dict[str, Any]]:
    """The hospital as a process of its own; yields where it listens."""
    file, log = folder / "hospital.yaml", folder / "hospital.log"
    file.write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    with Process([sys.executable, "-m", "radquarry.hospital", "-c", str(file)], log) as process:

        def opened() -> dict[str, Any] | None:
            assert process.alive(), log.read_text()
            lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
            return json.loads(lines[0]) if lines else None

        yield eventually(opened, 60, "the hospital opens")


def truth_of(settings: HospitalSettings) -> Truth:
    """What is really so in a hospital of these settings; nothing is started."""
    return Hospital(settings).truth


class Rest:
    """radquarry's REST interface, and the waits that journeys need."""

    def __init__(self, port: int, auth: tuple[str, str] | None = None) -> None:
        self.port = port
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60, auth=auth)

    def ready(self, process: Process | None = None) -> None:
        """Wait until all its peers answer."""

        def look() -> bool | None:
            assert process is None or process.alive(), process.log.read_text()[-3000:]
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=10).status_code == 200:
                    return True
            return None

        eventually(look, 90, "radquarry is ready")

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET; another status than 200 fails."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of a POST; a refused one fails."""
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def settled(self, path: str, seconds: float) -> Any:
        """The crawl or retrieval when it has reached a final state; survives that radquarry is away for a while."""

        def look() -> Any | None:
            with suppress(httpx.TransportError):
                answer = self.client.get(path)
                if answer.status_code == 200 and answer.json()["state"] in ("complete", "incomplete", "cancelled"):
                    return answer.json()
            return None

        return eventually(look, seconds, f"{path} is settled")

    def all_studies(self, **query: Any) -> list[dict[str, Any]]:
        """Every hit, page by page."""
        page = self.get("/studies", limit=200, **query)
        hits = list(page["hits"])
        while page["after"]:
            page = self.get("/studies", limit=200, after=page["after"], **query)
            hits += page["hits"]
        return hits


def configuration(folder: Path, hospital: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A `radquarry.yaml` for this hospital, as the design shows it, with ports of its own."""
    return {
        "data_dir": str(folder / "data"),
        "timezone": "Europe/Zurich",
        "api": {"host": "127.0.0.1", "port": free_port()},
        "bus_url": "sqlite",
        "node": {"ae_title": "RADQUARRY", "host": "127.0.0.1", "port": free_port()},
        "pacs": {
            "main": {
                **hospital["pacs"],
                "find_limit": "auto",
                "charset": "ISO_IR 100",
                "load": {"associations": 2},
            }
        },
        "ris": {"main": {"kind": "fhir", "url": hospital["ris"]["url"]}},
        "archive": {"keep_days": 30, "reserve_gb": 0.1},
        **changes,
    }


class Radquarry:
    """`radquarry serve -c radquarry.yaml` as a process that can be killed and started again."""

    def __init__(self, folder: Path, keys: dict[str, Any]) -> None:
        self.folder = folder
        self.keys = keys
        self.file = folder / "radquarry.yaml"
        self.file.write_text(yaml.safe_dump(keys, sort_keys=False))
        self.rest = Rest(keys["api"]["port"])
        self.process: Process | None = None

    @property
    def log(self) -> Path:
        """All it has said, over all starts."""
        return self.folder / "radquarry.log"

    @property
    def archive(self) -> Path:
        """Where its images lie."""
        return Path(self.keys["data_dir"]) / "archive"

    def start(self) -> Self:
        """Start it and wait until it is ready."""
        self.process = Process([sys.executable, "-m", "radquarry.standalone", "serve", "-c", str(self.file)], self.log)
        self.rest.ready(self.process)
        return self

    def kill_and_start(self) -> None:
        """kill -9, then start again."""
        assert self.process is not None
        self.process.kill()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.rest.client.close()
        if self.process is not None and self.process.alive():
            self.process.kill()
