"""Six service processes on RabbitMQ, OpenSearch and PostgreSQL: the same journey, each of them killed on the way."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import pytest
import yaml

from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from radquarry.hospital.truth import Truth
from tests.contracts.states import empty_state_url
from tests.journeys.running import Process, Rest, configuration, eventually, free_port, running_hospital, truth_of
from tests.servers import addresses

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("broker")]

PARTS = ("storescp", "indexer", "ris_fetcher", "mover", "finder", "api")


class PrivateBroker:
    """A RabbitMQ of this test alone, so that killing it hurts no other."""

    def __init__(self, folder: Path) -> None:
        self._environ = {
            **os.environ,
            "RADQUARRY_SERVERS": str(folder),
            "RADQUARRY_SERVERS_ENGINE": "native",
            **{
                f"RADQUARRY_TEST_{name}": str(free_port())
                for name in ("RABBIT_PORT", "RABBIT_MANAGEMENT_PORT", "RABBIT_DISTRIBUTION_PORT", "EPMD_PORT")
            },
        }

    @property
    def url(self) -> str:
        """As `bus_url`."""
        return f"amqp://radquarry:radquarry@127.0.0.1:{self._environ['RADQUARRY_TEST_RABBIT_PORT']}/"

    def do(self, what: str, *options: str) -> None:
        """`up`, `kill` or `down`."""
        script = addresses.SCRIPTS / what
        subprocess.run([script, *options, "rabbitmq"], check=True, capture_output=True, timeout=240, env=self._environ)


@contextmanager
def private_broker(folder: Path) -> Iterator[PrivateBroker]:
    addresses.need("rabbitmq")
    broker = PrivateBroker(folder)
    broker.do("up")
    try:
        yield broker
    finally:
        broker.do("down", "--wipe")


class Services:
    """Every part as a process of its own, from one configuration file."""

    def __init__(self, folder: Path, keys: dict[str, Any]) -> None:
        self.folder = folder
        self.file = folder / "radquarry.yaml"
        self.file.write_text(yaml.safe_dump(keys))
        self.rest = Rest(keys["api"]["port"])
        self.processes: dict[str, Process] = {}

    def start(self, part: str) -> None:
        log = self.folder / f"{part}.log"
        self.processes[part] = Process([sys.executable, "-m", f"radquarry.{part}", "-c", str(self.file)], log)

    def kill_and_start(self, part: str) -> None:
        assert self.processes[part].alive(), (self.folder / f"{part}.log").read_text()[-3000:]
        self.processes[part].kill()
        self.start(part)

    def __enter__(self) -> Self:
        for part in PARTS:
            self.start(part)
        self.rest.ready(self.processes["api"])
        return self

    def __exit__(self, *_error: object) -> None:
        self.rest.client.close()
        for process in self.processes.values():
            if process.alive():
                process.kill()


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """A PostgreSQL database of this test alone."""
    loop = asyncio.new_event_loop()
    opened = empty_state_url("postgres", folder)
    try:
        yield loop.run_until_complete(opened.__aenter__())
    finally:
        loop.run_until_complete(opened.__aexit__(None, None, None))
        loop.close()


def hospital_settings(node_port: int) -> HospitalSettings:
    return HospitalSettings(
        studies=500,
        days=10,
        end_date="2024-06-28",
        pixels=32,
        pacs=PacsSettings(destinations={"RADQUARRY": f"127.0.0.1:{node_port}"}),
        faults=FaultSettings(pacs=PacsFaults(answer_delay_ms=3, store_delay_ms=15)),
    )


def test_each_service_and_the_broker_is_killed_once_and_nothing_is_lost(tmp_path: Path) -> None:
    addresses.need("rabbitmq", "opensearch", "postgres")
    node_port = free_port()
    settings = hospital_settings(node_port)
    truth = truth_of(settings)
    with ExitStack() as stack:
        broker = stack.enter_context(private_broker(tmp_path / "broker"))
        state_url = stack.enter_context(database(tmp_path))
        hospital = stack.enter_context(running_hospital(settings, tmp_path))
        keys = configuration(
            tmp_path,
            hospital,
            bus_url=broker.url,
            state_url=state_url,
            index_url=f"{addresses.opensearch_url()}?namespace=journey-{uuid4().hex[:12]}",
        )
        keys["node"]["port"] = node_port
        services = stack.enter_context(Services(tmp_path, keys))

        crawl_through_kills(services, broker, truth)
        retrieve_through_kills(services, truth, Path(keys["data_dir"]) / "archive")


def crawl_through_kills(services: Services, broker: PrivateBroker, truth: Truth) -> None:
    rest, studies = (
        services.rest,
        {study.study_instance_uid for study in truth.studies(truth.start_date, truth.end_date)},
    )
    crawl = rest.post("/crawls", {"pacs": "main", "start_date": str(truth.start_date), "end_date": str(truth.end_date)})

    def found(least: int) -> None:
        path = f"/crawls/{crawl['id']}"
        eventually(lambda: rest.get(path)["studies_found"] >= least or None, 180, f"{least} studies are found")

    for step, part in enumerate(("finder", "ris_fetcher", "indexer", "api"), start=1):
        found(len(studies) * step // 7)
        services.kill_and_start(part)
        rest.ready(services.processes["api"])
    found(len(studies) * 5 // 7)
    broker.do("kill")
    broker.do("up")

    view = rest.settled(f"/crawls/{crawl['id']}", 300)
    assert (view["state"], view["problems"]) == ("complete", [])
    assert view["studies_found"] == view["documents_indexed"] == len(studies)
    hits = [hit["study_instance_uid"] for hit in rest.all_studies(sort="newest")]
    assert len(hits) == len(set(hits))
    assert set(hits) == studies


def retrieve_through_kills(services: Services, truth: Truth, archive: Path) -> None:
    rest, wanted = (
        services.rest,
        sorted(study.study_instance_uid for study in truth.studies(truth.start_date, truth.end_date))[:20],
    )
    expected = {(uid, sop) for uid in wanted for sop in truth.sop_instance_uids(uid)}
    retrieval = rest.post("/retrievals", {"studies": wanted})

    for step, part in enumerate(("mover", "storescp"), start=1):
        path, least = f"/retrievals/{retrieval['id']}", len(expected) * step // 4
        eventually(lambda p=path, n=least: rest.get(p)["instances"]["received"] >= n or None, 180, f"{least} instances")
        services.kill_and_start(part)

    done = rest.settled(f"/retrievals/{retrieval['id']}", 300)
    assert done["state"] == "complete"
    assert done["instances"] == {"expected": len(expected), "received": len(expected), "missing": 0}
    assert {(path.parts[-3], path.stem) for path in archive.rglob("*.dcm")} == expected
