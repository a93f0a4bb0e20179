"""Files for instances are made ahead: each is one instance's, and none is left open or behind."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from radquarry.storescp.incoming import AHEAD, Incoming
from tests.journeys.running import eventually


def incoming(folder: Path) -> Incoming:
    (folder / "archive").mkdir(exist_ok=True)
    return Incoming(folder / "incoming", folder / "archive")


def open_files(folder: Path) -> list[str]:
    """Of this process, those under the folder."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except FileNotFoundError:
            continue  # the one by which they were listed
    return [name for name in found if name.startswith(str(folder)) and ".part" in name]


def test_every_instance_has_a_file_of_its_own_whatever_threads_ask(tmp_path: Path) -> None:
    parts = incoming(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        taken = [asked.result() for asked in [threads.submit(parts.new_part) for _ in range(20 * AHEAD)]]

    assert len({part.path for part in taken}) == len({part.descriptor for part in taken}) == 20 * AHEAD
    assert all(os.fstat(part.descriptor).st_ino == part.path.stat().st_ino for part in taken)
    for part in taken:
        os.close(part.descriptor)
    parts.close()


def test_files_wait_before_they_are_asked_for_and_are_closed_at_the_end(tmp_path: Path) -> None:
    parts = incoming(tmp_path)
    assert open_files(tmp_path) == []
    os.close(parts.new_part().descriptor)
    eventually(lambda: len(open_files(tmp_path)) >= AHEAD // 2 or None, 20, "files are made ahead")

    parts.close()

    assert open_files(tmp_path) == []
    assert list((tmp_path / "incoming").iterdir()) == []


def test_whoever_can_be_given_no_file_hears_why(tmp_path: Path) -> None:
    parts = incoming(tmp_path)
    os.close(parts.new_part().descriptor)
    (folder,) = (tmp_path / "incoming").iterdir()
    folder.rename(tmp_path / "elsewhere")

    def asked() -> None:
        while True:
            os.close(parts.new_part().descriptor)

    with pytest.raises(FileNotFoundError):
        asked()
    parts.close()
