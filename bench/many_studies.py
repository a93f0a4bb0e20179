"""As many studies as a large hospital has in ten years, from the crawl's order to the last one searchable.

PACS and RIS are stubs behind the ports of finder and ris-fetcher; everything else is what `radquarry serve` runs in one
process: SQLite bus and state, tantivy, indexer, api with its projections. `BENCH_STUDIES` sets another number.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from pydantic import SecretStr

from bench.stub_hospital import StubHospital, StubPacs, StubRis
from bench.table import Figure
from radquarry.api.__main__ import opened as open_api
from radquarry.api.settings import load as load_api
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.configuration.addresses import bus_address, index_address, made, state_address
from radquarry.dicom.load import StateLoad
from radquarry.finder.__main__ import MIGRATIONS as FINDER_MIGRATIONS
from radquarry.finder.following import following, worklist_of
from radquarry.finder.ledger import Ledger
from radquarry.finder.service import finder
from radquarry.finder.settings import load as load_finder
from radquarry.index.opening import open_index
from radquarry.index.port import Index
from radquarry.indexer.service import indexer
from radquarry.ris_fetcher.__main__ import VERSIONS as RIS_FETCHER_MIGRATIONS
from radquarry.ris_fetcher.listings import Listings
from radquarry.ris_fetcher.missing import AskAgain, Missing
from radquarry.ris_fetcher.ris import Sources
from radquarry.ris_fetcher.service import ris_fetcher
from radquarry.service import Service, run
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state

STUDIES = int(os.environ.get("BENCH_STUDIES", "1000000"))
FEW = 50_000
"""From then on memory has to stay what it is: caches and pools are filled."""
DAYS = 3650
LAST = date(2025, 12, 31)
MEGABYTE = 1_000_000
LOOK_SECONDS = 2.0


def measure() -> list[Figure]:
    """In a process of its own, so that its memory is only that of radquarry."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "bench.many_studies", name]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["state"] == "complete", seen
    assert seen["documents"] == seen["indexed"] == STUDIES, seen
    return [
        Figure(
            f"many: memory at {STUDIES:,} / at {FEW:,} studies",
            seen["most"] / seen["few"],
            1.2,
            f"{seen['few'] / MEGABYTE:.0f} MB at {FEW:,}, at most {seen['most'] / MEGABYTE:.0f} MB later;"
            f" {seen['documents']:,} documents, {STUDIES / seen['seconds']:.0f} studies/s",
            at_most=True,
        )
    ]


@dataclass
class _Peers:
    bus: Bus
    state: State
    index: Index


@asynccontextmanager
async def _peers(folder: Path) -> AsyncIterator[_Peers]:
    async with (
        open_bus(bus_address(folder, SecretStr("sqlite"))) as bus,
        open_state(state_address(folder, SecretStr("sqlite"))) as state,
        open_index(index_address(folder, SecretStr("tantivy"))) as index,
    ):
        yield _Peers(bus, state, index)


@asynccontextmanager
async def _services(file: Path, peers: _Peers, hospital: StubHospital) -> AsyncIterator[tuple[Service, ...]]:
    """Without the api: finder and ris-fetcher on their stubs, and the indexer."""
    state, publish = peers.state, peers.bus.publish
    await migrate(state, "finder", FINDER_MIGRATIONS)
    await migrate(state, "ris-fetcher", RIS_FETCHER_MIGRATIONS)
    load = await StateLoad.open(state, {})
    plain = finder({"main": StubPacs(hospital)}, load, Ledger(state), publish, 4)
    found = following(plain, state, publish, worklist_of(load_finder(file), state, publish, None))
    reports = ris_fetcher(Sources([StubRis()], {}), Missing(state, AskAgain()), Listings(state), publish, 64)
    yield found, reports, indexer(peers.index, publish)


async def crawled(folder: Path) -> dict[str, Any]:
    """What a crawl over all days came to, and how much memory this process had of its own."""
    file = folder / "radquarry.yaml"
    pacs = {"main": {"ae_title": "STUB", "host": "127.0.0.1", "port": 104}}
    data = made(folder / "data")
    file.write_text(yaml.safe_dump({"data_dir": str(data), "api": {"port": 0}, "pacs": pacs}))
    hospital = StubHospital(STUDIES, DAYS, LAST)
    heard: list[str] = []
    async with AsyncExitStack() as stack:
        peers = await stack.enter_async_context(_peers(data))
        services = await stack.enter_async_context(_services(file, peers, hospital))
        opening = open_api(load_api(file), peers.bus, peers.state, peers.index, heard.append)
        api = await stack.enter_async_context(opening)
        work = asyncio.create_task(run(peers.bus, *services, api))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=heard[0], timeout=120))
        seen = await _watched(client, hospital)
        seen["documents"] = await peers.index.count()
        work.cancel()
        await asyncio.wait([work])
    return seen


async def _watched(client: httpx.AsyncClient, hospital: StubHospital) -> dict[str, Any]:
    begun = time.monotonic()
    days = {"start_date": hospital.first.isoformat(), "end_date": hospital.last.isoformat()}
    ordered = await client.post("/api/v1/crawls", json={"pacs": "main", **days})
    path = f"/api/v1/crawls/{ordered.raise_for_status().json()['id']}"
    most = {False: 0, True: 0}
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        crawl = (await client.get(path)).raise_for_status().json()
        indexed, used = crawl["documents_indexed"], _memory()
        most[indexed > FEW] = max(most[indexed > FEW], used)
        seconds = time.monotonic() - begun
        print(f"{seconds:.0f} s: {indexed} indexed, {used / MEGABYTE:.0f} MB", file=sys.stderr)
        if crawl["state"] in ("complete", "incomplete", "cancelled"):
            outcome = {"state": crawl["state"], "indexed": indexed, "seconds": seconds}
            return outcome | {"few": most[False], "most": most[True]}


def _memory() -> int:
    """Bytes this process holds for itself: not the pages of the index's mapped files, which the system may drop."""
    memory = psutil.Process().memory_info()
    return int(memory.rss - memory.shared)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(crawled(Path(sys.argv[1])))))
