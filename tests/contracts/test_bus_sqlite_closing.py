"""The embedded bus lets go of its file when what was asked is written, and of nothing before."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from radquarry.bus.sqlite_writer import Writer
from radquarry.errors import PeerAway


async def test_what_is_written_last_reads_no_further(tmp_path: Path) -> None:
    writer = await Writer.open(tmp_path / "bus.db")
    read_on: list[asyncio.Future[Any]] = []
    writer.settle(1, None, lambda: read_on.append(writer.call(lambda _connection: None)))

    await writer.close()

    assert read_on == []


async def test_whoever_asked_before_is_answered_and_nobody_after(tmp_path: Path) -> None:
    writer = await Writer.open(tmp_path / "bus.db")
    writer.settle(1, None, lambda: pytest.fail("it goes on"))
    asked = writer.call(lambda connection: connection.execute("SELECT 7").fetchone()[0])

    await writer.close()

    assert await asked == 7
    with pytest.raises(PeerAway):
        writer.call(lambda _connection: None)
