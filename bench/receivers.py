"""The receivers that `bench storescp` compares, each opened on a free port over an empty folder."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import psutil
import yaml

from tests.journeys.running import free_port
from tests.servers import addresses

CALLER = "SENDER"
TUNED = {**os.environ, "TCP_NODELAY": "1", "TCP_BUFFER_LENGTH": "262144"}
LONGEST_PDU = "131072"
SECONDS = 30

Opened = Callable[[Path], AbstractContextManager[int]]


@contextmanager
def ours(folder: Path, processes: int = 1) -> Iterator[int]:
    """The whole process, with bus and announcements; the port it listens at."""
    with our_process(folder, processes) as (port, _):
        yield port


@contextmanager
def our_process(folder: Path, processes: int = 1) -> Iterator[tuple[int, psutil.Process]]:
    """Its port, and the process to look at."""
    port = free_port()
    node = {"host": "127.0.0.1", "port": port, "allowed_callers": [CALLER], "processes": processes}
    file = folder / "radquarry.yaml"
    file.write_text(yaml.safe_dump({"data_dir": str(folder), "node": node, "archive": {"reserve_gb": 0}}))
    with running([sys.executable, "-m", "radquarry.storescp", "-c", str(file)], port) as process:
        yield port, psutil.Process(process.pid)


@contextmanager
def dcmtk(folder: Path) -> Iterator[int]:
    """dcmtk's, one association after the other."""
    port = free_port()
    with running(["storescp", "-pdu", LONGEST_PDU, "-od", str(folder), str(port)], port):
        yield port


@contextmanager
def dcmtk_forking(folder: Path) -> Iterator[int]:
    """dcmtk's, a process for each association."""
    port = free_port()
    with running(["storescp", "--fork", "-pdu", LONGEST_PDU, "-od", str(folder), str(port)], port):
        yield port


@contextmanager
def pynetdicom(folder: Path) -> Iterator[int]:
    """pynetdicom's app as it comes."""
    port = free_port()
    with running([sys.executable, "-m", "pynetdicom", "storescp", str(port), "-od", str(folder)], port):
        yield port


@contextmanager
def orthanc(_: Path) -> Iterator[int]:
    """The one of `make services-up`; what it received is deleted again."""
    url = addresses.orthanc_url()
    before = set(httpx.get(f"{url}/patients", timeout=SECONDS).json())
    try:
        yield addresses.orthanc().port
    finally:
        for patient in set(httpx.get(f"{url}/patients", timeout=SECONDS).json()) - before:
            httpx.delete(f"{url}/patients/{patient}", timeout=600).raise_for_status()


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens at `port`, until the end."""
    with subprocess.Popen(command, env=TUNED, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield process
        finally:
            process.terminate()
            process.wait(SECONDS)


def wait_for(port: int) -> None:
    """Until somebody listens."""
    deadline, nothing_happens = time.monotonic() + SECONDS, threading.Event()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens at {port}"
            nothing_happens.wait(0.05)
        else:
            return
