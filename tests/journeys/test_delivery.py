"""All parts in one process: what the hospital holds is found, retrieved, and leaves de-identified into a folder."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from pydicom import dcmread

from radquarry.bus.port import Bus
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from radquarry.hospital.truth import Truth
from radquarry.messages import (
    CrawlCompleted,
    CrawlRequested,
    Deidentification,
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    Message,
    RetrievalRequested,
    WantedStudy,
)
from radquarry.service import run
from radquarry.standalone.parts import opened
from radquarry.standalone.settings import load
from tests.journeys.running import configuration, free_port, running_hospital, truth_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SECONDS = 150


class Ear:
    """Everything of some kinds that is said."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self._changed = asyncio.Condition()

    async def open(self, bus: Bus, *kinds: type[Message]) -> None:
        """Begin to listen."""
        for kind in kinds:
            await bus.broadcast(kind, self._hear)

    async def until(self, is_it: Callable[[Any], bool]) -> Any:
        """The first message that is it."""
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(lambda: any(is_it(one) for one in self.heard))
        return next(one for one in self.heard if is_it(one))

    async def _hear(self, message: Message) -> None:
        async with self._changed:
            self.heard.append(message)
            self._changed.notify_all()


def hospital_with(node_port: int) -> HospitalSettings:
    return HospitalSettings(
        studies=40,
        days=5,
        end_date="2024-06-28",
        pixels=16,
        samples=False,
        pacs=PacsSettings(destinations={"RADQUARRY": f"127.0.0.1:{node_port}"}),
    )


def some_with_clean_pixels(truth: Truth, count: int) -> list[str]:
    """Studies of kinds in whose pixels no text is likely."""
    studies = truth.studies(truth.start_date, truth.end_date)
    return [one.study_instance_uid for one in studies if one.modality in ("CT", "MR")][:count]


async def test_a_cohort_leaves_deidentified_and_again_with_its_reports(tmp_path: Path, capfd: Any) -> None:
    node_port = free_port()
    settings = hospital_with(node_port)
    truth = truth_of(settings)
    wanted = some_with_clean_pixels(truth, 3)
    expected = {uid for study in wanted for uid in truth.sop_instance_uids(study)}
    with running_hospital(settings, tmp_path) as hospital:
        keys = configuration(tmp_path, hospital)
        keys["node"]["port"] = node_port
        keys["destinations"] = {
            "research": {"kind": "directory", "path": str(tmp_path / "research"), "identified": False},
            "clinic": {"kind": "directory", "path": str(tmp_path / "clinic")},
        }
        file = tmp_path / "radquarry.yaml"
        file.write_text(yaml.safe_dump(keys))
        async with opened(load(file), file) as (bus, services):
            ear = Ear()
            await ear.open(bus, CrawlCompleted, DeliveryCompleted, DeliveryProgressed)
            running = asyncio.create_task(run(bus, *services))
            try:
                await everything(bus, ear, truth, wanted, tmp_path)
            finally:
                running.cancel()
                await asyncio.wait({running})
    said = "".join(capfd.readouterr())
    patients = {truth.study(uid).patient_id for uid in wanted}
    assert sorted(secret for secret in (*patients, *expected) if secret in said) == []


async def everything(bus: Bus, ear: Ear, truth: Truth, wanted: list[str], folder: Path) -> None:
    expected = {uid for study in wanted for uid in truth.sop_instance_uids(study)}
    crawl_id, retrieval_id, cleaned, plain = (uuid4() for _ in range(4))
    days = {"start_date": truth.start_date, "end_date": truth.end_date}
    await bus.publish(CrawlRequested(crawl_id=crawl_id, trail=crawl_id, pacs="main", **days))
    await ear.until(lambda one: isinstance(one, CrawlCompleted))

    studies = tuple(WantedStudy(study_instance_uid=uid, pacs="main") for uid in wanted)
    research = DeliveryRequested(
        delivery_id=cleaned,
        retrieval_id=retrieval_id,
        destination="research",
        deidentify=Deidentification(project="lungs"),
    )
    clinic = DeliveryRequested(delivery_id=plain, retrieval_id=retrieval_id, destination="clinic", reports=True)
    await bus.publish(
        research, RetrievalRequested(retrieval_id=retrieval_id, trail=retrieval_id, studies=studies), clinic
    )
    ends = {
        delivery_id: await ear.until(
            lambda one, it=delivery_id: isinstance(one, DeliveryCompleted) and one.delivery_id == it
        )
        for delivery_id in (cleaned, plain)
    }

    assert (ends[cleaned].state, ends[cleaned].delivered) == ("complete", len(expected)), why(ear)
    left = list((folder / "research").rglob("*.dcm"))
    patients = {truth.study(uid).patient_id for uid in wanted}
    assert len(left) == len(expected)
    assert not {dcmread(path).PatientID for path in left} & patients
    assert json.loads(next((folder / "research").rglob("release-report.json")).read_text())["counts"]["findings"] == 0

    assert (ends[plain].state, ends[plain].delivered) == ("complete", len(expected)), why(ear)
    assert {path.stem for path in (folder / "clinic").rglob("*.dcm")} == expected
    lines = next((folder / "clinic").rglob("reports.jsonl")).read_text().splitlines()
    reported = {uid for uid in wanted if truth.report(uid) is not None}
    assert {json.loads(line)["study_instance_uid"] for line in lines} == reported


def why(ear: Ear) -> list[str]:
    return [one.problem for one in ear.heard if isinstance(one, DeliveryProgressed | DeliveryCompleted) and one.problem]
