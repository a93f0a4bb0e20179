"""However a run ends, nothing unchecked stays in its folder and no process goes on."""

import asyncio
import multiprocessing
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from radquarry.exporter.runs.run import RunRefused, folder_of_one, outcomes
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import UNCHECKED
from tests.exporter.running import files, order, series


def test_a_folder_is_one_runs_at_a_time_and_keeps_nothing_unchecked(tmp_path: Path) -> None:
    left = tmp_path / UNCHECKED / "4711"
    left.parent.mkdir()
    left.write_text("of a run that was killed")
    with folder_of_one(tmp_path):
        assert not left.exists()
        with pytest.raises(RunRefused, match="another run"), folder_of_one(tmp_path):
            pass

    assert list(tmp_path.iterdir()) == []


def test_a_link_in_place_of_the_folder_for_unchecked_files_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis").write_text("years of work")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / UNCHECKED).symlink_to(tmp_path / "precious")

    with pytest.raises(RunRefused, match="is a link"), folder_of_one(tmp_path / "out"):
        pass

    assert files(tmp_path / "precious") == ["thesis"]


def test_a_run_that_fails_leaves_nothing_unchecked(tmp_path: Path) -> None:
    def fail() -> None:
        (tmp_path / UNCHECKED / "4711").write_text("half a file")
        raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"), folder_of_one(tmp_path):
        fail()

    assert list(tmp_path.iterdir()) == []


async def test_a_run_that_is_cancelled_ends_its_processes_at_once(tmp_path: Path) -> None:
    paths = series(tmp_path / "in", 1)
    sources = [Source(number, paths[0]) for number in range(1, 4001)]
    wanted, started = order(tmp_path / "out"), asyncio.Event()

    async def go() -> None:
        async for _ in outcomes(wanted, sources, 2):
            started.set()

    before = set(multiprocessing.active_children())
    task = asyncio.create_task(go())
    await started.wait()
    workers = set(multiprocessing.active_children()) - before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert workers
    assert [worker.exitcode for worker in workers] == [-signal.SIGKILL] * len(workers)


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """However it ended: here by the kernel, in the middle of a run."""
    (path,) = series(tmp_path / "in", 1)
    (tmp_path / "out" / UNCHECKED).mkdir(parents=True)
    (tmp_path / "starts.py").write_text(STARTS)
    command = [sys.executable, str(tmp_path / "starts.py"), str(tmp_path / "out"), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as started:
        assert started.stdout is not None
        workers = [os.pidfd_open(int(pid)) for pid in started.stdout.readline().split()]
        started.kill()

    assert len(workers) == 2
    for worker in workers:
        ended, _, _ = select.select([worker], [], [], 30)
        os.close(worker)
        assert ended


STARTS = """
import asyncio, multiprocessing, sys
from pathlib import Path
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.runs.run import outcomes
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import Order

async def go():
    sources = [Source(number, Path(sys.argv[2])) for number in range(1, 100001)]
    async for _ in outcomes(Order(Path(sys.argv[1]), Profile(), b"k" * 32), sources, 2):
        workers = multiprocessing.active_children()
        if len(workers) == 2:
            print(*(worker.pid for worker in workers), flush=True)

if __name__ == "__main__":
    asyncio.run(go())
"""
