"""Several processes on one port: the load is shared, a dead one is replaced, nothing that was answered is lost."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import psutil

from tests.mover.retrieving import free_port
from tests.storescp.process import Storescp, eventually, heard
from tests.storescp.samples import CALLER
from tests.storescp.speaking import Speaker, listens, long_instance

ACCEPTED = 2


def workers(storescp: Storescp) -> list[psutil.Process]:
    """The processes that receive."""
    return [child for child in psutil.Process(storescp.pid).children() if _receives(child)]


def connections(worker: psutil.Process, port: int) -> int:
    """How many associations a process has."""
    return sum(each.laddr.port == port for each in worker.net_connections("tcp") if each.status == "ESTABLISHED")


def receive(storescp: Storescp, port: int) -> list[str]:
    """What four associations were told is stored, while one of two processes is killed and replaced."""
    storescp.start()
    eventually(lambda: listens(port))
    taken: list[str] = []
    with ExitStack() as stack:
        speakers = [stack.enter_context(Speaker(port)) for _ in range(4)]
        assert [speaker.associate() for speaker in speakers] == [ACCEPTED] * 4
        eventually(lambda: sorted(connections(worker, port) for worker in workers(storescp)) == [2, 2])
        for number, speaker in enumerate(speakers):
            uid = f"1.2.3.1.{number}"
            assert speaker.store(uid, long_instance(uid, 5000)) == 0x0000
            taken.append(uid)
        victim = workers(storescp)[0]
        victim.kill()
        eventually(lambda: len(workers(storescp)) == 2 and victim not in workers(storescp))
    for number in range(4, 8):
        uid = f"1.2.3.1.{number}"
        with Speaker(port) as speaker:
            assert speaker.associate() == ACCEPTED
            assert speaker.store(uid, long_instance(uid, 5000)) == 0x0000
        taken.append(uid)
    return taken


async def test_processes_share_the_load_and_one_that_dies_costs_nothing(tmp_path: Path) -> None:
    port = free_port()
    storescp = Storescp(tmp_path, port, CALLER, processes=2)
    taken = await asyncio.to_thread(receive, storescp, port)
    left = workers(storescp)
    assert await asyncio.to_thread(storescp.stop) == 0
    await asyncio.to_thread(eventually, lambda: not any(worker.is_running() for worker in left))
    storescp.start()  # and says what the dead one could not
    await asyncio.to_thread(eventually, lambda: listens(port))
    await asyncio.to_thread(eventually, lambda: not storescp.markers)
    assert await asyncio.to_thread(storescp.stop) == 0

    assert {one.sop_instance_uid for one in await heard(tmp_path, len(taken))} == set(taken)


async def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    port = free_port()
    storescp = Storescp(tmp_path, port, CALLER, processes=2)
    storescp.start()
    await asyncio.to_thread(eventually, lambda: listens(port))
    left = workers(storescp)
    assert len(left) == 2
    storescp.kill()

    await asyncio.to_thread(eventually, lambda: not any(_runs(worker) for worker in left))


def _receives(process: psutil.Process) -> bool:
    try:
        return "radquarry.storescp.worker" in process.cmdline()
    except psutil.Error:  # gone, or not waited for yet
        return False


def _runs(worker: psutil.Process) -> bool:
    try:
        return worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
