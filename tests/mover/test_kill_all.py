"""kill -9 of mover, storescp, broker and database in turn during 200 studies: nothing lost, little fetched twice."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml

from radquarry.bus.opening import open_bus
from radquarry.messages import RetrievalRequested, WantedStudy
from radquarry.service import run
from tests.journeys.running import Process, running_hospital, truth_of
from tests.mover.retrieving import Heard, free_port, small_hospital
from tests.servers import addresses

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.xdist_group("broker"),
]

STUDIES = 200
SECONDS = 600
PORTS = ("RABBIT_PORT", "RABBIT_MANAGEMENT_PORT", "RABBIT_DISTRIBUTION_PORT", "EPMD_PORT", "POSTGRES_PORT")


class PrivateServers:
    """A RabbitMQ and a PostgreSQL of this test alone, so that killing them hurts no other."""

    def __init__(self, folder: Path) -> None:
        self._ports = {f"RADQUARRY_TEST_{name}": str(free_port()) for name in PORTS}
        self._environ = {
            **os.environ,
            "RADQUARRY_SERVERS": str(folder),
            "RADQUARRY_SERVERS_ENGINE": "native",
            **self._ports,
        }
        self.bus_url = f"amqp://radquarry:radquarry@127.0.0.1:{self._ports['RADQUARRY_TEST_RABBIT_PORT']}/"
        port = self._ports["RADQUARRY_TEST_POSTGRES_PORT"]
        self.state_url = f"postgresql://radquarry:radquarry@127.0.0.1:{port}/radquarry"

    def do(self, what: str, *names: str) -> None:
        """`up`, `kill` or `down`."""
        script = addresses.SCRIPTS / what
        subprocess.run([script, *names], check=True, capture_output=True, timeout=240, env=self._environ)

    def restart(self, name: str) -> None:
        """kill -9, and up again with its data."""
        self.do("kill", name)
        self.do("up", name)


@contextmanager
def private_servers(folder: Path) -> Iterator[PrivateServers]:
    addresses.need("rabbitmq", "postgres")
    servers = PrivateServers(folder)
    try:
        servers.do("up", "rabbitmq", "postgres")
        yield servers
    finally:
        servers.do("down", "--wipe", "rabbitmq", "postgres")


class Parts:
    """Mover and storescp as processes of their own."""

    def __init__(self, folder: Path, keys: dict[str, Any]) -> None:
        self._folder = folder
        self._file = folder / "radquarry.yaml"
        self._file.write_text(yaml.safe_dump(keys))
        self._processes: dict[str, Process] = {}

    def start(self, part: str) -> None:
        log = self._folder / f"{part}.log"
        command = [sys.executable, "-m", f"radquarry.{part}", "-c", str(self._file)]
        self._processes[part] = Process(command, log)

    def restart(self, part: str) -> None:
        """kill -9, and up again."""
        assert self._processes[part].alive(), (self._folder / f"{part}.log").read_text()[-3000:]
        self._processes[part].kill()
        self.start(part)

    def start_again_what_ended(self) -> None:
        """As compose does: a part whose peer was away at its start has ended."""
        for part, process in self._processes.items():
            if not process.alive():
                self.start(part)

    def end(self) -> None:
        for process in self._processes.values():
            if process.alive():
                process.kill()


@asynccontextmanager
async def listening(bus_url: str) -> AsyncIterator[tuple[Heard, Any]]:
    """An api that hears, and publishes, through the restarts of its broker."""
    heard = Heard()
    async with open_bus(bus_url) as bus:
        running = asyncio.create_task(run(bus, heard.service()))
        try:
            yield heard, bus.publish
        finally:
            running.cancel()
            await asyncio.wait({running})


async def until_files(archive: Path, least: int, parts: Parts) -> None:
    """So many images lie in the archive."""
    nothing_happens = asyncio.Event()
    async with asyncio.timeout(SECONDS):
        while len(list(archive.glob("*/*/*.dcm"))) < least:
            parts.start_again_what_ended()
            with_patience = asyncio.wait_for(nothing_happens.wait(), 0.2)
            await asyncio.gather(with_patience, return_exceptions=True)


async def through_kills(servers: PrivateServers, parts: Parts, archive: Path, expected: dict[str, set[str]]) -> Any:
    """Order, kill one after the other, and hear the end."""
    total = sum(map(len, expected.values()))
    kills = [
        (parts.restart, "mover"),
        (parts.restart, "storescp"),
        (servers.restart, "rabbitmq"),
        (servers.restart, "postgres"),
    ]
    async with listening(servers.bus_url) as (heard, publish):
        wanted = tuple(WantedStudy(study_instance_uid=uid, pacs="main") for uid in expected)
        order = RetrievalRequested(retrieval_id=uuid4(), studies=wanted)
        await publish(order)
        for number, (restart, name) in enumerate(kills, start=1):
            await until_files(archive, total * number // (len(kills) + 1), parts)
            await asyncio.to_thread(restart, name)
        await until_files(archive, total, parts)
        async with asyncio.timeout(SECONDS):
            while order.retrieval_id not in heard.completed:
                parts.start_again_what_ended()
                waiting = asyncio.wait_for(heard.until(lambda: order.retrieval_id in heard.completed), 5)
                await asyncio.gather(waiting, return_exceptions=True)
        return heard.completed[order.retrieval_id]


def test_mover_storescp_broker_and_database_are_killed_in_turn_and_nothing_is_lost(tmp_path: Path) -> None:
    port = free_port()
    settings = small_hospital(studies=STUDIES, store_delay_ms=10)
    settings.pacs.destinations["RADQUARRY"] = f"127.0.0.1:{port}"
    truth = truth_of(settings)
    expected = {one.study_instance_uid: truth.sop_instance_uids(one.study_instance_uid) for one in truth.studies()}
    with private_servers(tmp_path / "servers") as servers, running_hospital(settings, tmp_path) as hospital:
        keys = {
            "data_dir": str(tmp_path / "data"),
            "bus_url": servers.bus_url,
            "state_url": servers.state_url,
            "node": {"host": "127.0.0.1", "port": port},
            "pacs": {"main": {**hospital["pacs"], "load": {"associations": 2}}},
            "archive": {"reserve_gb": 0},
        }
        parts = Parts(tmp_path, keys)
        try:
            for part in ("storescp", "mover"):
                parts.start(part)
            archive = tmp_path / "data" / "archive"
            end = asyncio.run(through_kills(servers, parts, archive, expected))
            traffic = httpx.get(f"{hospital['control']}/traffic", params={"kind": "c-store"}, timeout=60).json()
        finally:
            parts.end()

    total = sum(map(len, expected.values()))
    assert (end.state, end.expected, end.received) == ("complete", total, total)
    assert {(file.parts[-3], file.stem) for file in archive.glob("*/*/*.dcm")} == {
        (uid, sop) for uid, sops in expected.items() for sop in sops
    }
    fetched = Counter(entry["detail"]["sop_instance_uid"] for entry in traffic)
    again, most = sum(fetched.values()) - total, max(fetched.values())
    # the count is what the reader of the test wants to see: `pytest -s`
    print(f"{total} instances of {STUDIES} studies, {again} fetched again, each at most {most} times")  # noqa: T201
    assert most <= 2
