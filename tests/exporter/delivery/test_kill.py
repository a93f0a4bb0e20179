"""kill -9 of the exporter in the middle of a delivery: nothing is lost, and hardly anything sent twice."""

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pyzipper

from radquarry.bus.opening import open_bus
from radquarry.messages import DeliveryCompleted, DeliveryProgressed, DeliveryRequested, Message, RetrievalCompleted
from tests.exporter.delivery.archived import Study, archived
from tests.exporter.delivery.nodes import node
from tests.exporter.delivery.rig import DEIDENTIFY, progressed
from tests.journeys.running import eventually

KILLS = 3


class Process:
    """One after the other over one folder."""

    def __init__(self, folder: Path, **destination: Any) -> None:
        self._folder = folder
        there = json.dumps(destination, default=str)
        self._command = [sys.executable, "-m", "tests.exporter.delivery.process", str(folder), there]
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

    def heard(self, topic: str) -> list[str]:
        """What was said so far on a topic; a line that a kill cut short is left out."""
        file = self._folder / "heard"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{topic} ") and line.endswith("}")]

    def killed_until_done(self, done: Callable[[], int], expected: int) -> DeliveryCompleted:
        """Several lives, each ended when so much more was done; to the end of the delivery."""
        self.start()
        for kill in range(1, KILLS + 1):
            eventually(lambda kill=kill: done() >= expected * kill // (KILLS + 1) or None, 60, f"before kill {kill}")
            self.kill()
            self.start()
        eventually(lambda: self.heard("delivery.completed") or None, 90, "the end")
        self.kill()
        return DeliveryCompleted.model_validate_json(self.heard("delivery.completed")[-1])

    def newest(self, study: Study) -> DeliveryProgressed:
        """What was said last of a study, across all lives."""
        said = [DeliveryProgressed.model_validate_json(line) for line in self.heard("delivery.progressed")]
        return max((one for one in said if one.study_instance_uid == study.uid), key=lambda one: one.revision)


async def ordered(folder: Path, studies: list[Study], **fields: Any) -> UUID:
    """A retrieval that has brought the studies, and an order, in the bus that the process consumes."""
    retrieval_id, delivery_id = uuid4(), uuid4()
    count = sum(len(study.files) for study in studies)
    messages: list[Message] = [progressed(retrieval_id, study) for study in studies]
    messages.append(RetrievalCompleted(retrieval_id=retrieval_id, state="complete", expected=count, received=count))
    messages.append(
        DeliveryRequested(
            delivery_id=delivery_id, trail=delivery_id, retrieval_id=retrieval_id, destination="out", **fields
        )
    )
    async with open_bus(f"sqlite:///{folder}/bus.db") as bus:
        await bus.publish(*messages)
    return delivery_id


def test_a_folder_holds_each_file_once_after_three_kills(tmp_path: Path) -> None:
    studies = [archived(tmp_path, number, count=4) for number in range(1, 6)]
    asyncio.run(ordered(tmp_path, studies, deidentify=DEIDENTIFY))
    out = tmp_path / "out"
    process = Process(tmp_path, kind="directory", path=out)

    end = process.killed_until_done(lambda: len([*out.rglob("*.dcm")]), 20)

    assert (end.state, end.expected, end.delivered) == ("complete", 20, 20)
    assert len([*out.rglob("*.dcm")]) == 20
    assert all(process.newest(study).state == "complete" for study in studies)
    assert [path for path in (tmp_path / "exporter" / "staging").rglob("*") if path.is_file()] == []
    assert [path for path in out.rglob(".*") if path.is_file()] == []


@pytest.mark.slow
def test_a_node_gets_at_most_what_was_in_flight_again(tmp_path: Path) -> None:
    studies = [archived(tmp_path, number, count=10) for number in range(1, 9)]
    slowly = threading.Event()
    with node() as it:
        it.answer = lambda number, uid: int(slowly.wait(0.03))
        asyncio.run(ordered(tmp_path, studies))
        process = Process(tmp_path, kind="dicom", ae_title="NODE", host="127.0.0.1", port=it.port)

        end = process.killed_until_done(lambda: len(set(it.got)), 80)

        sent = Counter(it.got)
    assert (end.state, end.delivered) == ("complete", 80)
    assert len(sent) == 80
    assert sum(sent.values()) <= 80 + KILLS * 4 * 10, "at most what four workers had not written down at each kill"


def test_an_archive_is_whole_after_a_kill(tmp_path: Path) -> None:
    studies = [archived(tmp_path, number, count=3) for number in (1, 2)]
    delivery_id = asyncio.run(ordered(tmp_path, studies, deidentify=DEIDENTIFY))
    out, staging = tmp_path / "out", tmp_path / "exporter" / "staging"
    process = Process(tmp_path, kind="directory", path=out, zip=True)
    process.start()
    eventually(lambda: [*staging.rglob("*.dcm"), *out.glob("*")] or None, 60, "something is made ready")
    process.kill()
    process.start()

    eventually(lambda: process.heard("delivery.completed") or None, 90, "the end")
    process.kill()

    with pyzipper.AESZipFile(out / f"{delivery_id}.zip") as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name.endswith(".dcm")]) == 6
    assert [path.name for path in out.iterdir()] == [f"{delivery_id}.zip"]
