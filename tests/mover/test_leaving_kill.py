"""kill -9 of mover and storescp while images leave: what was delivered leaves in the end, and the ledger knows."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from radquarry.bus.opening import open_bus
from radquarry.messages import (
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    InstanceDelivery,
    Message,
    StoredInstance,
)
from radquarry.storescp.archive import Archive
from tests.mover.retrieving import free_port
from tests.mover.test_kill import Process
from tests.storescp.process import eventually
from tests.storescp.samples import arrival, instance, store

IMAGES = 600
OF_STUDY = 10
KEPT = 30
"""Were not delivered."""


def received(folder: Path) -> list[StoredInstance]:
    """Some studies in the archive that nobody has heard of yet."""
    archive = Archive(folder, 0)
    kept = [
        store(archive, arrival(instance(number, StudyInstanceUID=f"1.2.{number // OF_STUDY}")))
        for number in range(1, IMAGES + 1)
    ]
    archive.close()
    return [one.instance for one in kept]


def delivered(stored: list[StoredInstance]) -> list[Message]:
    """A delivery of all but the last of them."""
    about = {"delivery_id": uuid4(), "retrieval_id": uuid4()}
    messages: list[Message] = [DeliveryRequested(**about, destination="research", studies=("1.2.0",))]
    for study, mine in groupby(stored, key=lambda one: one.study_instance_uid):
        said = tuple(
            InstanceDelivery(
                series_instance_uid=one.series_instance_uid,
                sop_instance_uid=one.sop_instance_uid,
                state="delivered",
                delivered_at=datetime.now(UTC),
            )
            for one in mine
        )
        fields = {"study_instance_uid": study, "state": "complete", "revision": 1, "instances": said}
        messages.append(DeliveryProgressed(**about, **fields))
    messages.append(DeliveryCompleted(**about, state="complete", expected=len(stored), delivered=len(stored)))
    return messages


async def told(folder: Path, messages: list[Message]) -> None:
    """Into the bus that the process consumes."""
    async with open_bus(f"sqlite:///{folder}/bus.db") as bus:
        await bus.publish(*messages)


def left(folder: Path) -> int:
    """How many have left, by the ledger."""
    with closing(sqlite3.connect(folder / "state.db", timeout=20)) as state:
        query = "SELECT count(*) FROM mover_instances WHERE left_at IS NOT NULL AND bytes IS NULL"
        return int(state.execute(query).fetchone()[0])


def files(folder: Path) -> list[str]:
    """What is in the archive while folders go."""
    return sorted(Path(name).stem for _, _, names in os.walk(folder / "archive") for name in names)


def test_kills_while_images_leave_lose_nothing_and_leave_nothing_behind(tmp_path: Path) -> None:
    stored = received(tmp_path)
    leaving = IMAGES - KEPT
    asyncio.run(told(tmp_path, delivered(stored[:leaving])))
    process = Process(tmp_path, free_port(), free_port(), keep_days=0)

    for share in (0.8, 0.5, 0.2):
        process.start()
        eventually(lambda share=share: len(files(tmp_path)) <= KEPT + leaving * share, 60)
        process.kill()
    process.start()
    eventually(lambda: left(tmp_path) == leaving, 90)
    process.kill()

    assert files(tmp_path) == sorted(one.sop_instance_uid for one in stored[leaving:])
    with closing(sqlite3.connect(tmp_path / "state.db")) as state:
        here = state.execute("SELECT sop_instance_uid FROM mover_instances WHERE bytes IS NOT NULL").fetchall()
        open_ones = state.execute("SELECT count(*) FROM mover_instances WHERE asked_to_leave_at IS NOT NULL").fetchone()
    assert sorted(uid for (uid,) in here) == files(tmp_path)
    assert open_ones == (0,)
