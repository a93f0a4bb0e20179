"""The finder alone: against a bare C-FIND loop over the same windows, and on a slow PACS with four associations."""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml

from bench.crawl import bare_find_loop
from bench.table import Figure
from radquarry.bus.opening import open_bus
from radquarry.configuration.addresses import bus_address, state_address
from radquarry.finder.__main__ import opened
from radquarry.finder.settings import load
from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings
from radquarry.messages import CrawlCompleted, CrawlRequested, StudyFound
from radquarry.service import Service, run
from radquarry.state.store import open_state
from tests.journeys.running import running_hospital

STUDIES, DAYS = 4000, 60
SLOW_STUDIES, SLOW_DAYS, SLOW_MS, ALLOWED = 160, 16, 200, 4


@dataclass(frozen=True)
class Crawled:
    """What one crawl took and gave."""

    seconds: float
    studies: int
    associations: int


def measure() -> list[Figure]:
    """Two runs, each with its own peer in the same hospital."""
    return [_beside_the_bare_loop(), _on_a_slow_pacs()]


def _beside_the_bare_loop() -> Figure:
    settings = HospitalSettings(studies=STUDIES, days=DAYS, samples=False)
    with tempfile.TemporaryDirectory() as name, running_hospital(settings, Path(name)) as hospital:
        ours = asyncio.run(crawled(Path(name) / "one", hospital, associations=1))
        bare, found = bare_find_loop(hospital)
    assert ours.studies == STUDIES, f"the crawl found {ours.studies} of {STUDIES} studies"
    return Figure(
        "finder: bare C-FIND loop / crawl of the finder",
        bare / ours.seconds,
        0.8,
        f"{STUDIES} studies in {DAYS} days, study and series level, one association at a time: finder"
        f" {ours.seconds:.1f} s over {ours.associations} associations, bare loop {bare:.1f} s ({found} studies)",
    )


def _on_a_slow_pacs() -> Figure:
    faults = FaultSettings(pacs=PacsFaults(answer_delay_ms=SLOW_MS, max_associations=ALLOWED))
    settings = HospitalSettings(studies=SLOW_STUDIES, days=SLOW_DAYS, samples=False, faults=faults)
    with tempfile.TemporaryDirectory() as name, running_hospital(settings, Path(name)) as hospital:
        one = asyncio.run(crawled(Path(name) / "one", hospital, associations=1))
        four = asyncio.run(crawled(Path(name) / "four", hospital, associations=ALLOWED))
    assert one.studies == four.studies == SLOW_STUDIES
    return Figure(
        f"finder: one association / {ALLOWED}, at {SLOW_MS} ms a C-FIND",
        one.seconds / four.seconds,
        3.2,
        f"{SLOW_STUDIES} studies in {SLOW_DAYS} days: {one.seconds:.1f} s and {four.seconds:.1f} s",
    )


async def crawled(folder: Path, hospital: dict[str, Any], associations: int) -> Crawled:
    """The finder with its own bus and tables, from the order to the end of the crawl."""
    folder.mkdir()
    pacs = hospital["pacs"] | {"load": {"associations": associations}}
    file = folder / "radquarry.yaml"
    file.write_text(yaml.safe_dump({"data_dir": str(folder / "data"), "pacs": {"main": pacs}}))
    settings = load(file)
    settings.data_dir.mkdir()
    seen: set[str] = set()
    done = asyncio.Event()

    async def hear(found: StudyFound) -> None:
        seen.add(found.study.study_instance_uid)

    async def end(_completed: CrawlCompleted) -> None:
        done.set()

    ears = Service("api", {StudyFound: hear, CrawlCompleted: end}, parallel={StudyFound: 200})
    begun_before = connections(hospital)
    async with (
        open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus,
        open_state(state_address(settings.data_dir, settings.state_url)) as state,
        opened(settings, bus, state) as finder,
    ):
        work = asyncio.create_task(run(bus, finder, ears))
        begun = time.monotonic()
        first, last = (date.fromisoformat(hospital[end]) for end in ("start_date", "end_date"))
        crawl_id = uuid4()
        order = CrawlRequested(trail=crawl_id, crawl_id=crawl_id, pacs="main", start_date=first, end_date=last)
        await bus.publish(order)
        async with asyncio.timeout(1800):
            await done.wait()
        seconds = time.monotonic() - begun
        while await grows(seen):
            pass
        work.cancel()
        await asyncio.wait([work])
    return Crawled(seconds, len(seen), connections(hospital) - begun_before)


async def grows(seen: set[str]) -> bool:
    """Whether more studies arrive within half a second."""
    before = len(seen)
    await asyncio.sleep(0.5)
    return len(seen) > before


def connections(hospital: dict[str, Any]) -> int:
    """How many associations the PACS has had."""
    url = hospital["ris"]["url"].removesuffix("/fhir") + "/control/traffic"
    entries = httpx.get(url, params={"kind": "association"}, timeout=60).json()
    return len(entries)
