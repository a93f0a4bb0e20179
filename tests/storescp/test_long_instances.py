"""An instance longer than any buffer, and a disk that ends before it does."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.mover.retrieving import free_port
from tests.storescp.limited import desk
from tests.storescp.process import Storescp, eventually
from tests.storescp.receiving import half_received
from tests.storescp.samples import CALLER, MEMORY
from tests.storescp.speaking import Speaker, fragment, listens, long_instance, pdu

MEGABYTE = 1024 * 1024


def memory_over(tmp_path: Path, size: int) -> tuple[int, int]:
    """The most memory of a process before and in one instance of `size` bytes, which is stored."""
    port = free_port()
    storescp = Storescp(tmp_path, port, CALLER)
    storescp.start()
    eventually(lambda: listens(port))
    process, most = psutil.Process(storescp.pid), 0
    with Speaker(port, timeout=300) as speaker:
        speaker.associate()
        assert speaker.store("1.2.3.1.1", long_instance("1.2.3.1.1", MEGABYTE)) == 0x0000
        before = process.memory_info().rss

        def watched() -> Iterator[bytes]:
            nonlocal most
            for number, piece in enumerate(long_instance("1.2.3.1.2", size)):
                if number % 100 == 0:
                    most = max(most, process.memory_info().rss)
                yield piece

        assert speaker.store("1.2.3.1.2", watched()) == 0x0000
        most = max(most, process.memory_info().rss)
    assert storescp.stop() == 0
    assert (tmp_path / "archive/1.2.3/1.2.3.1/1.2.3.1.2.dcm").stat().st_size > size
    return before, most


def test_memory_is_flat_over_a_long_instance(tmp_path: Path) -> None:
    before, most = memory_over(tmp_path, 200 * MEGABYTE)

    assert most - before < 20 * MEGABYTE


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_is_flat_over_two_gigabytes(tmp_path: Path) -> None:
    before, most = memory_over(tmp_path, 2000 * MEGABYTE)

    assert most - before < 20 * MEGABYTE


def test_a_disk_that_falls_below_its_reserve_refuses_until_there_is_room_again() -> None:
    """The association stays open all the time, and what was half written is gone at once."""
    if not MEMORY.is_dir():
        pytest.skip("no memory file system here; on Linux there is one at /dev/shm")
    folder = MEMORY / f"radquarry-disk-{os.getpid()}"
    status = os.statvfs(MEMORY)
    reserve = status.f_bavail * status.f_frsize - 24 * MEGABYTE
    try:
        with desk(folder, reserve_bytes=reserve) as open_desk, open_desk.speaker() as speaker:
            speaker.associate()
            assert speaker.store("1.2.3.1.1", long_instance("1.2.3.1.1", MEGABYTE)) == 0x0000
            assert speaker.store("1.2.3.1.2", long_instance("1.2.3.1.2", 100 * MEGABYTE)) == 0xA700
            assert half_received(folder) == []
            with (folder / "filler").open("wb") as filler:
                os.posix_fallocate(filler.fileno(), 0, 64 * MEGABYTE)
            assert speaker.store("1.2.3.1.3", long_instance("1.2.3.1.3", MEGABYTE)) == 0xA700
            (folder / "filler").unlink()
            assert speaker.store("1.2.3.1.3", long_instance("1.2.3.1.3", MEGABYTE)) == 0x0000

            assert {kept.instance.sop_instance_uid for kept in open_desk.kept} == {"1.2.3.1.1", "1.2.3.1.3"}
            assert {file.stem for file in folder.glob("archive/*/*/*.dcm")} == {"1.2.3.1.1", "1.2.3.1.3"}
    finally:
        shutil.rmtree(folder)


def test_a_killed_receipt_of_a_long_instance_leaves_nothing(tmp_path: Path) -> None:
    port = free_port()
    storescp = Storescp(tmp_path, port, CALLER)
    storescp.start()
    eventually(lambda: listens(port))
    with Speaker(port) as speaker:
        speaker.associate()
        speaker.begin("1.2.3.1.1")
        for piece in long_instance("1.2.3.1.1", 10 * MEGABYTE):
            speaker.socket.sendall(pdu(4, fragment(3, 0, piece)))
        eventually(lambda: half_received(tmp_path))
        storescp.kill()
    storescp.start()
    eventually(lambda: listens(port))
    eventually(lambda: half_received(tmp_path) == [])

    assert storescp.stop() == 0
    assert list(tmp_path.glob("archive/**/*.dcm")) == []
