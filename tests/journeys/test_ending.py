"""How `radquarry serve` ends, and why it does not begin."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from tests.journeys.command_line import radquarry
from tests.journeys.running import Radquarry, configuration, eventually, free_port, running_hospital, truth_of

A_FEW_SECONDS = 8


@contextmanager
def followed(address: str) -> Iterator[threading.Event]:
    """Somebody who looks at the live events of `address`; the event is set when the first has come."""
    heard = threading.Event()

    def follow() -> None:
        with suppress(httpx.TransportError), httpx.stream("GET", address, timeout=60) as answer:
            for _ in answer.iter_lines():
                heard.set()

    thread = threading.Thread(target=follow)
    thread.start()
    yield heard
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_told_to_stop_in_the_middle_of_everything_it_ends_well_within_seconds(tmp_path: Path) -> None:
    node_port = free_port()
    settings = HospitalSettings(
        studies=400,
        days=30,
        end_date="2024-06-28",
        pixels=32,
        pacs=PacsSettings(destinations={"RADQUARRY": f"127.0.0.1:{node_port}"}),
        faults=FaultSettings(pacs=PacsFaults(association_delay_ms=300, store_delay_ms=100)),
    )
    truth = truth_of(settings)
    some = [each.study_instance_uid for each in truth.studies(truth.start_date, truth.end_date)][:5]
    days = {"pacs": "main", "start_date": str(truth.start_date), "end_date": str(truth.end_date)}
    with running_hospital(settings, tmp_path) as hospital, ExitStack() as watching:
        keys = configuration(tmp_path, hospital)
        keys["node"]["port"] = node_port
        with Radquarry(tmp_path, keys) as running:
            first = running.rest.post("/crawls", {**days, "end_date": str(truth.start_date)})
            running.rest.settled(f"/crawls/{first['id']}", 120)
            crawl = running.rest.post("/crawls", days)
            known = [hit["study_instance_uid"] for hit in running.rest.all_studies()] or some
            retrieval = running.rest.post("/retrievals", {"studies": known})
            base = f"http://127.0.0.1:{running.rest.port}/api/v1"
            for path in (f"crawls/{crawl['id']}", f"retrievals/{retrieval['id']}", f"crawls/{crawl['id']}"):
                assert watching.enter_context(followed(f"{base}/{path}/events")).wait(30)
            eventually(lambda: any(running.archive.rglob("*.dcm")) or None, 60, "a C-MOVE is under way")

            assert running.process is not None
            begun = time.monotonic()
            code = running.process.stop()
            seconds = time.monotonic() - begun

        said = running.log.read_text()
    assert code == 0, said[-3000:]
    assert seconds < A_FEW_SECONDS
    assert "Traceback" not in said
    assert json.loads(said.splitlines()[-1])["event"] == "stopped"


def written(folder: Path, **changes: Any) -> Path:
    keys = {"api": {"port": 0}, "node": {"host": "127.0.0.1", "port": 0}, **changes}
    (folder / "radquarry.yaml").write_text(yaml.safe_dump(keys))
    return folder


@pytest.mark.parametrize(
    ("key", "code"),
    [("api", 2), ("node", 1)],
)
def test_a_port_that_is_taken_is_named_with_its_key(key: str, code: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        done = radquarry("serve", folder=written(tmp_path, **{key: {"host": "127.0.0.1", "port": port}}))

    assert done.returncode == code
    assert f"{key}" in done.stderr
    assert f"{port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data_dir": "/proc/version/data"}, "data_dir: /proc/version/data cannot be made: Not a directory"),
        ({"state_url": "postgresql://u:geheim@127.0.0.1:1/x"}, "the state store does not answer"),
        ({"index_url": "http://u:geheim@127.0.0.1:1/"}, "index_url"),
    ],
)
def test_what_it_cannot_work_with_is_named_in_a_line(changes: dict[str, str], words: str, tmp_path: Path) -> None:
    done = radquarry("serve", folder=written(tmp_path, **changes))

    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr


def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    keys = {"data_dir": "data", "api": {"port": free_port()}, "node": {"host": "127.0.0.1", "port": 0}}
    with Radquarry(tmp_path, keys) as first:
        other = tmp_path / "other"
        other.mkdir()

        done = radquarry("serve", folder=written(other, data_dir=str(tmp_path / "data")))

        assert done.returncode == 1
        assert "another" in done.stderr
        assert "Traceback" not in done.stderr
        first.rest.ready(first.process)
