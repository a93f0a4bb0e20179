"""The embedded bus's file: whose it is, and what is no file of ours."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from radquarry.bus.sqlite import SqliteBus
from radquarry.errors import PeerAway
from tests.contracts.buses import (
    SOON,
    Home,
    Processes,
    read_line,
)


async def test_a_file_of_another_version_is_refused(path: Path) -> None:
    async with SqliteBus.open(path, SOON):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(PeerAway, match="another radquarry"):
        async with SqliteBus.open(path, SOON):
            pass


async def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk, bread, film for the old machine\n" * 100)

    with pytest.raises(PeerAway, match=r"notes\.txt.*not a database"):
        async with SqliteBus.open(path, SOON):
            pass


async def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")

    with pytest.raises(PeerAway, match=r"bus\.db"):
        async with SqliteBus.open(tmp_path / "data" / "bus.db", SOON):
            pass


async def test_processes_that_come_at_once_make_one_file(path: Path, finished: Processes) -> None:
    home = Home("sqlite", f"sqlite:///{path}")
    for _ in range(4):
        finished.append(await asyncio.to_thread(home.process, "publish", "20"))
    for process in finished:
        assert await asyncio.to_thread(read_line, process) == "begun"
        assert await asyncio.to_thread(process.wait) == 0

    async with home.open() as bus:
        assert (await bus.depths())["finder.window.find"] == 80
