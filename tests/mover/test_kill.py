"""kill -9 of mover and storescp in the middle of a retrieval: nothing is lost, and hardly anything sent twice."""

import asyncio
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from radquarry.bus.opening import open_bus
from radquarry.messages import RetrievalCompleted, RetrievalProgressed, RetrievalRequested, WantedStudy
from tests.journeys.running import running_hospital, truth_of
from tests.mover.retrieving import free_port, small_hospital
from tests.storescp.process import eventually

KILLS = 3


class Process:
    """One after the other over one folder."""

    def __init__(self, folder: Path, node_port: int, pacs_port: int, keep_days: int = 30) -> None:
        self._folder = folder
        numbers = map(str, (node_port, pacs_port, keep_days))
        self._command = [sys.executable, "-m", "tests.mover.process", folder, *numbers]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        self._process.kill()
        self._process.wait(20)

    def files(self) -> list[str]:
        """What is in the archive."""
        return sorted(file.stem for file in self._folder.glob("archive/*/*/*.dcm"))

    def heard(self, topic: str) -> list[str]:
        """What was said so far on a topic; a line that a kill cut short is left out."""
        file = self._folder / "heard"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{topic} ") and line.endswith("}")]


async def order(folder: Path, studies: list[str]) -> UUID:
    """Publish an order into the bus that the process consumes."""
    retrieval_id = uuid4()
    wanted = tuple(WantedStudy(study_instance_uid=study, pacs="main") for study in studies)
    async with open_bus(f"sqlite:///{folder}/bus.db") as bus:
        await bus.publish(RetrievalRequested(retrieval_id=retrieval_id, trail=retrieval_id, studies=wanted))
    return retrieval_id


def kill_while_retrieving(process: Process, expected: int) -> None:
    """Several lives, to the end of the retrieval."""
    process.start()
    for kill in range(1, KILLS + 1):
        eventually(lambda kill=kill: len(process.files()) >= expected * kill // (KILLS + 1), 60)
        process.kill()
        process.start()
    eventually(lambda: bool(process.heard("retrieval.completed")), 60)
    process.kill()


def test_three_kills_during_a_retrieval_lose_nothing(tmp_path: Path) -> None:
    port = free_port()
    settings = small_hospital(store_delay_ms=30)
    settings.pacs.destinations["RADQUARRY"] = f"127.0.0.1:{port}"
    truth = truth_of(settings)
    studies = [study.study_instance_uid for study in truth.studies(truth.start_date, truth.end_date)][:5]
    expected = {uid for study in studies for uid in truth.sop_instance_uids(study)}
    with running_hospital(settings, tmp_path) as addresses:
        process = Process(tmp_path, port, addresses["pacs"]["port"])
        asyncio.run(order(tmp_path, studies))

        kill_while_retrieving(process, len(expected))
        traffic = httpx.get(f"{addresses['control']}/traffic", params={"kind": "c-store"}, timeout=30).json()

    end = RetrievalCompleted.model_validate_json(process.heard("retrieval.completed")[0])
    assert (end.state, end.expected, end.received) == ("complete", len(expected), len(expected))
    assert process.files() == sorted(expected)
    assert {entry["detail"]["sop_instance_uid"] for entry in traffic} == expected
    largest = max(len(truth.sop_instance_uids(study)) for study in studies)
    assert len(traffic) <= len(expected) + KILLS * 2 * largest, "at most what two moves had under way at each kill"
    _newest_is_the_end(process)


def _newest_is_the_end(process: Process) -> None:
    """What was said last of a study, across all lives, is what it came to."""
    said = [RetrievalProgressed.model_validate_json(line) for line in process.heard("retrieval.progressed")]
    for study in {one.study_instance_uid for one in said}:
        newest = max((one for one in said if one.study_instance_uid == study), key=lambda one: one.revision)
        assert newest.state == "complete"
