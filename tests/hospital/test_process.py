"""`python -m radquarry.hospital` as its users start it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from radquarry.hospital.__main__ import main


@contextmanager
def running(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "radquarry.hospital", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | environment) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_it_says_where_it_listens_beats_its_heart_and_ends_when_told(tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    options = ("--studies", "50", "--end-date", "2025-05-31", "--ae-title", "PACS", "--destination", "ME=127.0.0.1:1")
    with running(*options, RADQUARRY_HEARTBEAT=str(heartbeat)) as (process, said):
        assert said["pacs"]["ae_title"] == "PACS"
        assert said["end_date"] == "2025-05-31"
        assert httpx.get(f"{said['ris']['url']}/metadata").status_code == 200
        assert httpx.get(f"{said['control']}/faults").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert heartbeat.exists()


def test_a_file_holds_settings_and_faults(tmp_path: Path) -> None:
    file = tmp_path / "hospital.yaml"
    file.write_text("studies: 30\nsamples: false\nfaults: {pacs: {answer_limit: 7}}\n")
    with running("-c", str(file), "--seed", "3") as (_, said):
        assert said["studies"] == 30
        assert httpx.get(f"{said['control']}/faults").json()["pacs"]["answer_limit"] == 7


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("studdies: 30", "studdies"),
        ("faults: {pacs: {anser_limit: 3}}", "anser_limit"),
        ("timezone: Europe/Nowhere", "Europe/Nowhere"),
        ("pacs: {charset: LATIN}", "LATIN"),
        ("pacs: {destinations: {ME: nowhere}}", "nowhere"),
        ("- a list", "mapping"),
        ("a: [", "YAML"),
        ("studies: 2000000", "1000000"),
    ],
)
def test_a_file_that_makes_no_sense_ends_with_what_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, named: str
) -> None:
    file = tmp_path / "hospital.yaml"
    file.write_text(written)

    assert main(["-c", str(file)]) == 2
    assert named in capsys.readouterr().err


def test_a_missing_file_and_a_taken_port_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--studies", "1", "--ris-port", str(taken.getsockname()[1])]) == 2
    assert "in use" in capsys.readouterr().err
