"""Many small instances in ten retrievals of four users, with windows and a stop in between: all accounts agree.

`RADQUARRY_TEST_INSTANCES=20000` is the whole of it, half an hour; without it there are fewer.
"""

import asyncio
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from radquarry.bus.opening import open_bus
from radquarry.dicom.load import StateLoad
from radquarry.messages import LoadLimits, RetrievalCompleted, RetrievalProgressed, RetrievalRequested, WantedStudy
from radquarry.mover.tables import instances
from radquarry.state.store import open_state
from tests.journeys.running import running_hospital, truth_of
from tests.mover.retrieving import free_port, small_hospital
from tests.mover.test_kill import Process
from tests.storescp.process import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

INSTANCES, ORDERS, USERS = int(os.environ.get("RADQUARRY_TEST_INSTANCES", "1500")), 10, 4
SECONDS = 1200
OPEN = LoadLimits(associations=4)


def closed_now() -> LoadLimits:
    """Windows that are open for one minute, three days from now."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC) + timedelta(days=3)).weekday()]
    return LoadLimits.model_validate({"associations": 4, "windows": [f"{day} 12:00-12:01"]})


async def order(folder: Path, lists: list[list[str]]) -> list[UUID]:
    """Ten retrievals of four users, each study in two of them."""
    ids = [uuid4() for _ in lists]
    async with open_bus(f"sqlite:///{folder}/bus.db") as bus:
        for number, (retrieval_id, studies) in enumerate(zip(ids, lists, strict=True)):
            wanted = tuple(WantedStudy(study_instance_uid=uid, pacs="main") for uid in studies)
            about = {"retrieval_id": retrieval_id, "trail": retrieval_id, "requested_by": f"user{number % USERS}"}
            await bus.publish(RetrievalRequested(**about, studies=wanted, priority=number % 3))
    return ids


async def administer(folder: Path, what: str) -> None:
    """Another process's hand on the load."""
    async with open_state(f"sqlite:///{folder}/state.db") as state:
        load = await StateLoad.open(state, {"main": OPEN})
        match what:
            case "stop":
                await load.stop("main", "administrator")
            case "start":
                await load.start("main")
            case "close":
                await load.limit("main", closed_now(), "administrator")
            case "open":
                await load.limit("main", OPEN, "administrator")


def settles(process: Process) -> int:
    """How many files there are once no more come."""
    counts = [-1]

    def is_still() -> bool:
        counts.append(len(process.files()))
        return len(counts) > 60 and counts[-1] == counts[-60]

    eventually(is_still, 60)
    return counts[-1]


def test_ledger_archive_and_manifest_agree_over_many_instances(tmp_path: Path) -> None:
    port = free_port()
    settings = small_hospital(studies=4000)
    settings.pacs.destinations["RADQUARRY"] = f"127.0.0.1:{port}"
    truth = truth_of(settings)
    held = {one.study_instance_uid: truth.sop_instance_uids(one.study_instance_uid) for one in truth.studies()}
    wanted = list(first_of(sorted(held, key=lambda uid: (-len(held[uid]), uid)), held))
    lists = [wanted[number::ORDERS] + wanted[(number + 1) % ORDERS :: ORDERS] for number in range(ORDERS)]
    expected = {(uid, sop) for uid in wanted for sop in held[uid]}
    with running_hospital(settings, tmp_path) as addresses:
        process = Process(tmp_path, port, addresses["pacs"]["port"])
        asyncio.run(administer(tmp_path, "open"))
        ids = asyncio.run(order(tmp_path, lists))
        process.start()
        try:
            for share, (begin, end) in ((3, ("close", "open")), (2, ("stop", "start"))):
                eventually(lambda share=share: len(process.files()) > len(expected) // share, SECONDS)
                asyncio.run(administer(tmp_path, begin))
                still = settles(process)
                assert still < len(expected)
                asyncio.run(administer(tmp_path, end))
            eventually(lambda: len(process.heard("retrieval.completed")) >= ORDERS, SECONDS)
        finally:
            process.kill()

    ends = {
        one.retrieval_id: one
        for one in map(RetrievalCompleted.model_validate_json, process.heard("retrieval.completed"))
    }
    assert {ends[one].state for one in ids} == {"complete"}
    disk = on_disk(tmp_path)
    assert set(disk) == expected
    assert asyncio.run(ledger(tmp_path)) == disk
    named = manifests(process)
    for retrieval_id, studies in zip(ids, map(set, lists), strict=True):
        mine = {key: value for key, value in disk.items() if key[0] in studies}
        assert named[retrieval_id] == mine
        assert ends[retrieval_id].received == len(mine)


def first_of(studies: list[str], held: dict[str, set[str]]) -> Iterator[str]:
    """So many that they have the wanted number of instances."""
    count = 0
    for uid in studies:
        if count >= INSTANCES:
            return
        count += len(held[uid])
        yield uid


def on_disk(folder: Path) -> dict[tuple[str, str], tuple[int, str]]:
    return {
        (file.parts[-3], file.stem): (file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in folder.glob("archive/*/*/*.dcm")
    }


async def ledger(folder: Path) -> dict[tuple[str, str], tuple[int, str]]:
    async with open_state(f"sqlite:///{folder}/state.db") as state, state.reading() as connection:
        rows = (await connection.execute(select(instances))).all()
    assert all(row.expected and row.ordered >= 1 for row in rows)
    return {(row.study_instance_uid, row.sop_instance_uid): (row.bytes, row.sha256) for row in rows}


def manifests(process: Process) -> dict[UUID, dict[tuple[str, str], tuple[int, str]]]:
    """Retrieval → (study, instance) → what was said of it last."""
    said = [RetrievalProgressed.model_validate_json(line) for line in process.heard("retrieval.progressed")]
    found: defaultdict[UUID, dict[tuple[str, str], tuple[int, str]]] = defaultdict(dict)
    for one in sorted(said, key=lambda one: one.revision):
        for each in one.instances:
            found[one.retrieval_id][one.study_instance_uid, each.sop_instance_uid] = (each.bytes, each.sha256)
    return found
