"""How a part's process ends, and what it says then: never a traceback, never a patient's data."""

import json
import signal
import subprocess
import sys

import pytest

from tests.process.part import PATIENT


def part(how: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.process.part", how]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_with_code_0(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.process.part", "waits"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 0
    assert json.loads(said)["event"] == "stopped"


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("raises", 1, "LookupError at part.py:"),
        ("away", 1, "the state store does not answer: ConnectionRefusedError"),
        ("misconfigured", 2, "api.port: cannot listen on 127.0.0.1 port 1: Address already in use\n"),
        ("read-only", 1, "Not a directory: /proc/version/data"),
    ],
)
def test_what_ends_it_is_said_in_one_line(how: str, code: int, words: str) -> None:
    done = part(how)

    assert done.returncode == code
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert PATIENT not in done.stderr


def test_nothing_that_libraries_say_or_tasks_raise_shows_a_patient() -> None:
    done = part("babbles")

    assert done.returncode == 0
    assert PATIENT not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    for words in ("Exception terminating connection", "a thread ended", "a task failed unseen"):
        assert words in done.stderr
    assert done.stderr.count("LookupError at part.py") == 3
