"""kill -9 while images come in: whoever heard `0x0000` is never disappointed."""

import asyncio
import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom

from tests.mover.retrieving import free_port
from tests.storescp.process import Storescp, eventually, heard
from tests.storescp.samples import CALLER
from tests.storescp.sending import PIXELS

KILLS = 3
BETWEEN = 15
"""Instances taken between two kills."""


class Sender:
    """What a sender's process has said so far."""

    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def taken(self) -> list[str]:
        """Instances that were answered with success."""
        return [line for line in self._log.read_text().splitlines(keepends=False) if line.count(".") == 4]


@contextmanager
def sending(port: int, folder: Path) -> Iterator[Sender]:
    """Somebody sends all the time."""
    log = folder / "taken"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "tests.storescp.sending", str(port)], stdout=output, stderr=subprocess.DEVNULL
        ) as process,
    ):
        try:
            yield Sender(log)
        finally:
            process.kill()


def kill_while_receiving(storescp: Storescp, port: int, folder: Path) -> list[str]:
    """What was answered with success over several lives of the process."""
    storescp.start()
    with sending(port, folder) as sender:
        for kill in range(1, KILLS + 1):
            eventually(lambda kill=kill: len(sender.taken) >= BETWEEN * kill)
            storescp.kill()
            storescp.start()
        eventually(lambda: len(sender.taken) >= BETWEEN * (KILLS + 1))
    return sender.taken


async def test_everything_that_was_answered_with_success_is_announced(tmp_path: Path) -> None:
    port = free_port()
    storescp = Storescp(tmp_path, port, CALLER)
    taken = await asyncio.to_thread(kill_while_receiving, storescp, port, tmp_path)
    await asyncio.to_thread(eventually, lambda: not storescp.markers)
    assert storescp.stop() == 0

    announced = await heard(tmp_path, len(taken))

    assert set(taken) <= {one.sop_instance_uid for one in announced}
    files = {file.stem: file for file in tmp_path.glob("archive/*/*/*.dcm")}
    assert set(files) == {one.sop_instance_uid for one in announced}
    for one in announced:
        assert hashlib.sha256(files[one.sop_instance_uid].read_bytes()).hexdigest() == one.sha256
        assert len(pydicom.dcmread(files[one.sop_instance_uid]).PixelData) == PIXELS
    assert list((tmp_path / "storescp" / "incoming").iterdir()) == []


async def test_a_process_that_is_told_to_stop_leaves_nothing_unsaid(tmp_path: Path) -> None:
    port = free_port()
    storescp = Storescp(tmp_path, port, CALLER)
    storescp.start()
    with sending(port, tmp_path) as sender:
        await asyncio.to_thread(eventually, lambda: len(sender.taken) >= BETWEEN)
        code = await asyncio.to_thread(storescp.stop)

    assert code == 0
    assert storescp.markers == []
    assert {one.sop_instance_uid for one in await heard(tmp_path, len(sender.taken))} >= set(sender.taken)


def test_a_taken_port_ends_the_process_with_a_line_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        storescp = Storescp(tmp_path, port, CALLER)
        storescp.start()
        eventually(lambda: storescp.ended)

        assert f"node: cannot listen at 127.0.0.1:{port}" in (tmp_path / "log").read_text()
