"""An exporter that slept for longer than its lease spoils nothing for its successor."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import update

from radquarry.configuration.sections import Deidentifying
from radquarry.exporter.delivery.archive import Archive
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.delivery.ledger import Expected
from radquarry.exporter.delivery.room import Room
from radquarry.exporter.delivery.staging import Staging
from radquarry.exporter.tables import studies
from tests.exporter.cleaning import SECRET
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.nodes import node
from tests.exporter.delivery.rig import DEIDENTIFY, QUICK, Desk, desk
from tests.exporter.delivery.test_trouble import to_node


async def taken_over(it: Desk) -> None:
    """Another exporter holds every study, and will soon have died of it."""
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    async with it.state.writing() as connection:
        await connection.execute(update(studies).values(holder="another", until=soon))


async def test_what_it_still_says_of_files_is_not_written_down(tmp_path: Path) -> None:
    study = archived(tmp_path)
    begun, goes_on = threading.Event(), threading.Event()

    def answer(number: int, uid: str) -> int:
        if number > 1:
            return 0
        begun.set()
        goes_on.wait(30)
        return 0xC000

    with node() as there:
        there.answer = answer
        async with desk(tmp_path, {"out": to_node(there.port)}, patience=replace(QUICK, lease=20)) as it:
            await it.retrieved(study)
            delivery_id = await it.order()
            await asyncio.to_thread(begun.wait, 30)
            await taken_over(it)
            goes_on.set()
            end = await it.heard.end(delivery_id)

    assert (end.state, end.delivered) == ("complete", 3)
    assert set(there.got) == set(study.files)


async def test_each_turn_makes_its_files_ready_in_a_folder_of_its_own(tmp_path: Path) -> None:
    study = archived(tmp_path, count=2)
    (tmp_path / "key").write_bytes(SECRET)
    engine = Engine(Deidentifying(key_file=tmp_path / "key"), tmp_path)
    room = Room(tmp_path / "staging", 0)
    staging = Staging(tmp_path / "staging", Archive(tmp_path / "archive"), engine, room)
    of = Consignment(UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4), "out", DEIDENTIFY)
    wanted = [Expected(study.uid, study.series, uid) for uid in study.files]
    try:
        zombies = await staging.make_ready(of, study.uid, "zombie", wanted)
        ours = await staging.make_ready(of, study.uid, "successor", wanted)
        await staging.clear(of, study.uid, "zombie")

        assert all(file.path.is_file() for file in ours.files)
        assert {file.path for file in zombies.files}.isdisjoint(file.path for file in ours.files)
        assert not any(file.path.exists() for file in zombies.files)
        await staging.clear(of, study.uid, "successor")
        assert not (tmp_path / "staging" / str(of.delivery_id) / study.uid).exists()
    finally:
        await engine.close()
