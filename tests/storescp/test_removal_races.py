"""Several processes store, one removes, all the same instances, and some are killed: what counts as here is here."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from radquarry.bus.opening import open_bus
from radquarry.configuration.sections import Node
from radquarry.messages import ArchivedInstance, InstancesRemoved, Message, RemoveInstances, StoredInstance
from radquarry.service import Service, run
from radquarry.storescp.__main__ import opened
from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.removal import remove_instances
from radquarry.storescp.settings import Settings
from tests.mover.retrieving import NO_RESERVE, free_port
from tests.storescp.process import Storescp, eventually
from tests.storescp.samples import CALLER, arrival, instance, store
from tests.storescp.storing import INSTANCES

PROCESSES = 2
REMOVALS = 1500
KILLS = 4
MANY = 400
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Storing:
    """One process after the other that stores, and what they announced."""

    def __init__(self, folder: Path, number: int) -> None:
        self._command = [sys.executable, "-m", "tests.storescp.storing", str(folder)]
        self._log = folder / f"announced-{number}"
        self._log.touch()
        self._read = 0
        self.start()

    def start(self) -> None:
        """Begin."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """SIGKILL; the line that is cut short is none."""
        self._process.kill()
        self._process.wait(20)
        with self._log.open("ab") as log:
            log.write(b"\n")

    def announced(self) -> Iterator[StoredInstance]:
        """What was said since it was last asked."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole, end, _ = log.read().rpartition(b"\n")
        self._read += len(whole) + len(end)
        for line in whole.split(b"\n"):
            if line.endswith(b"}"):
                yield StoredInstance.model_validate_json(line)


@contextmanager
def storing(folder: Path) -> Iterator[list[Storing]]:
    """They store all the time."""
    processes = [Storing(folder, number) for number in range(PROCESSES)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()


class Ledger:
    """What the mover would know: until when each instance was stored, and until when it has left."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.stored: dict[str, StoredInstance] = {}
        self.left: dict[str, datetime] = {}
        self.times_left = 0

    def hear(self, stored: StoredInstance) -> None:
        """In whatever order."""
        known = self.stored.get(stored.sop_instance_uid)
        if known is None or known.stored_at < stored.stored_at:
            self.stored[stored.sop_instance_uid] = stored

    def is_here(self, uid: str) -> bool:
        """Not before it was announced, and not after it has left."""
        return self.stored[uid].stored_at > self.left.get(uid, LONG_AGO)

    def wrongly_here(self) -> list[str]:
        """What counts as here, and has no file; only this process removes, and not now."""
        places = {uid: self._archive.place_of(Kept(stored, Path())) for uid, stored in self.stored.items()}
        return [uid for uid, place in places.items() if self.is_here(uid) and not place.exists()]

    async def remove(self, uid: str) -> None:
        """Have what is known of it removed: from this moment on it does not count as here."""
        fields = self.stored[uid].model_dump(include=set(ArchivedInstance.model_fields))
        order = RemoveInstances(removal_id=uuid4(), instances=(ArchivedInstance(**fields),))
        self.left[uid] = max(self.left.get(uid, LONG_AGO), order.instances[0].stored_at)
        await remove_instances(order, archive=self._archive, publish=self._answer)

    async def _answer(self, *messages: Message) -> None:
        self.times_left += sum(len(one.instances) for one in messages if isinstance(one, InstancesRemoved))


async def test_what_counts_as_here_is_here_whoever_stores_and_removes_and_is_killed(tmp_path: Path) -> None:
    archive = Archive(tmp_path, 0)
    ledger = Ledger(archive)
    chance = random.Random(7)
    came_back = 0
    with storing(tmp_path) as processes:
        await asyncio.to_thread(eventually, lambda: _all_known(ledger, processes))
        for number in range(REMOVALS):
            if number % (REMOVALS // KILLS) == REMOVALS // KILLS - 1:
                victim = chance.choice(processes)
                victim.kill()
                victim.start()
            for uid in list(ledger.stored):
                was_here = ledger.is_here(uid)
                _hear(ledger, processes)
                came_back += ledger.is_here(uid) and not was_here
            await ledger.remove(chance.choice(list(ledger.stored)))
            assert ledger.wrongly_here() == []
    for marker in archive.unannounced.iterdir():
        ledger.hear(archive.recovered(marker).instance)
    _hear(ledger, processes)

    assert ledger.wrongly_here() == []
    assert ledger.times_left > KILLS
    assert came_back > KILLS
    archive.close()


def _hear(ledger: Ledger, processes: list[Storing]) -> None:
    for process in processes:
        for stored in process.announced():
            ledger.hear(stored)


def _all_known(ledger: Ledger, processes: list[Storing]) -> bool:
    _hear(ledger, processes)
    return len(ledger.stored) == INSTANCES


async def test_storescp_killed_while_it_removes_goes_on_where_it_was(tmp_path: Path) -> None:
    archive = Archive(tmp_path, 0)
    stored = [store(archive, arrival(instance(number))).instance for number in range(1, MANY + 1)]
    for marker in archive.unannounced.iterdir():
        marker.unlink()
    archive.close()
    named = [ArchivedInstance(**one.model_dump(include=set(ArchivedInstance.model_fields))) for one in stored]
    orders = [
        RemoveInstances(removal_id=uuid4(), instances=tuple(named[first : first + 10])) for first in range(0, MANY, 10)
    ]
    async with open_bus(f"sqlite:///{tmp_path}/bus.db") as bus:
        await bus.publish(*orders)
    storescp = Storescp(tmp_path, free_port(), CALLER)
    for left in (MANY * 3 // 4, MANY // 2):
        storescp.start()
        await asyncio.to_thread(eventually, lambda left=left: len(_files(tmp_path)) <= left)
        storescp.kill()
    answers = await _answers(tmp_path, len(orders))

    assert _files(tmp_path) == []
    assert {one.removal_id: one.instances for one in answers} == {one.removal_id: one.instances for one in orders}


async def _answers(folder: Path, count: int) -> list[InstancesRemoved]:
    """Of a storescp that lives on, and of those before it."""
    answers: dict[UUID, InstancesRemoved] = {}
    all_answered = asyncio.Event()

    async def hear(event: InstancesRemoved) -> None:
        answers[event.removal_id] = event
        if len(answers) == count:
            all_answered.set()

    settings = Settings(data_dir=folder, node=Node(host="127.0.0.1", port=free_port()), archive=NO_RESERVE)
    async with open_bus(f"sqlite:///{folder}/bus.db") as bus, opened(settings, bus) as service:
        running = asyncio.create_task(run(bus, service, Service("mover", handlers={InstancesRemoved: hear})))
        try:
            async with asyncio.timeout(30):
                await all_answered.wait()
        finally:
            running.cancel()
            await asyncio.wait({running})
    return list(answers.values())


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("archive/*/*/*.dcm"))
