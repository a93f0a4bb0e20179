"""Where the real servers of `make services-up` listen, and whether they are there."""

import fcntl
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SCRIPTS = Path(__file__).parent
STATE = Path(os.environ.get("RADQUARRY_SERVERS", SCRIPTS.parents[1] / ".servers"))
HOST = "127.0.0.1"


@dataclass(frozen=True)
class DicomPeer:
    """An application entity: its title, and where it listens."""

    ae_title: str
    host: str
    port: int


def _setting(name: str, default: str) -> str:
    return os.environ.get(f"RADQUARRY_TEST_{name}", default)


def rabbit_url() -> str:
    """RabbitMQ, as radquarry's `bus_url`."""
    return _setting("RABBIT_URL", f"amqp://radquarry:radquarry@{HOST}:{_setting('RABBIT_PORT', '21672')}/")


def rabbit_management_url() -> str:
    """RabbitMQ's management API, with its credentials."""
    port = _setting("RABBIT_MANAGEMENT_PORT", "21673")
    return _setting("RABBIT_MANAGEMENT_URL", f"http://radquarry:radquarry@{HOST}:{port}")


def opensearch_url() -> str:
    """OpenSearch, as radquarry's `index_url`."""
    return _setting("OPENSEARCH_URL", f"http://{HOST}:{_setting('OPENSEARCH_PORT', '21920')}")


def postgres_url() -> str:
    """PostgreSQL with its database, as radquarry's `state_url`."""
    port = _setting("POSTGRES_PORT", "21543")
    return _setting("POSTGRES_URL", f"postgresql://radquarry:radquarry@{HOST}:{port}/radquarry")


def orthanc_url() -> str:
    """Orthanc's REST API, with its credentials."""
    port = _setting("ORTHANC_HTTP_PORT", "21804")
    return _setting("ORTHANC_URL", f"http://radquarry:radquarry@{HOST}:{port}")


def orthanc() -> DicomPeer:
    """Orthanc as a PACS."""
    return DicomPeer(
        _setting("ORTHANC_AE_TITLE", "ORTHANC"),
        _setting("ORTHANC_HOST", HOST),
        int(_setting("ORTHANC_DICOM_PORT", "21424")),
    )


def orthanc_limited() -> DicomPeer:
    """A second Orthanc, which gives few answers at once."""
    return DicomPeer(
        _setting("ORTHANC_LIMITED_AE_TITLE", "ORTHANC_LIMITED"),
        _setting("ORTHANC_LIMITED_HOST", HOST),
        int(_setting("ORTHANC_LIMITED_DICOM_PORT", "21425")),
    )


def dcmqrscp() -> DicomPeer:
    """dcmtk's dcmqrscp as a PACS."""
    return DicomPeer(
        _setting("DCMQRSCP_AE_TITLE", "DCMQRSCP"),
        _setting("DCMQRSCP_HOST", HOST),
        int(_setting("DCMQRSCP_PORT", "21112")),
    )


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def _address(server: str) -> tuple[str, int]:
    peers = {"orthanc": orthanc, "orthanc_limited": orthanc_limited, "dcmqrscp": dcmqrscp}
    if server in peers:
        peer = peers[server]()
        return peer.host, peer.port
    urls = {"rabbitmq": rabbit_url, "opensearch": opensearch_url, "postgres": postgres_url}
    url = urlsplit(urls[server]())
    return url.hostname or HOST, url.port or 0


@cache
def _reachable(host: str, port: int) -> bool:
    return _listens(host, port)


def need(*servers: str) -> None:
    """Skip the running test when one of `servers` does not answer; fail it where CI demands all of them."""
    for server in servers:
        host, port = _address(server)
        if _reachable(host, port):
            continue
        reason = f"{server} does not answer at {host}:{port}; `make services-up` starts it"
        if os.environ.get("RADQUARRY_TEST_REQUIRE_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def spare_destination() -> Iterator[DicomPeer]:
    """A C-MOVE destination which Orthanc and dcmqrscp know and no other test holds; raises LookupError if none is left.

    Nothing listens there: the test starts its own STORE-SCP under that title on that port.
    """
    locks = STATE / "destinations"
    locks.mkdir(parents=True, exist_ok=True)
    for number in range(1, 9):
        with (locks / f"RQTEST{number}").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if not _listens(HOST, 11200 + number):
                yield DicomPeer(f"RQTEST{number}", HOST, 11200 + number)
                return
    raise LookupError("all eight spare C-MOVE destinations are in use")


def kill(server: str) -> None:
    """End a server with SIGKILL, as a crash would."""
    subprocess.run([SCRIPTS / "kill", server], check=True, capture_output=True, timeout=60)


def up(server: str) -> None:
    """Bring a server back with its data, and wait until it answers."""
    subprocess.run([SCRIPTS / "up", server], check=True, capture_output=True, timeout=240)
