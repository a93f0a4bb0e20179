"""A move under way when its window ends: it stops in the middle of a study, and goes on when the window opens again."""

import asyncio
import io
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from radquarry.standalone.move_command import MoveOptions
from radquarry.standalone.oneshot.foreign_moves import of_pacsanini
from radquarry.standalone.oneshot.moving import run_move
from tests.journeys.moved import Ward, files_in, listed, pacsanini, ward_with

SECONDS = 60


class Wall:
    """A clock that shows 10:00 until it is started at a time of somebody's choice."""

    def __init__(self) -> None:
        self._shown = datetime(2024, 5, 6, 10, 0, tzinfo=UTC)
        self._started: float | None = None

    def start_at(self, shown: datetime) -> None:
        self._shown, self._started = shown, time.monotonic()

    def __call__(self) -> datetime:
        return self._shown + timedelta(seconds=time.monotonic() - self._started if self._started else 0)


def stored(ward: Ward, count: int) -> None:
    ward.hospital.traffic.wait_for(lambda traffic: len(traffic.entries("c-store")) >= count, SECONDS)


async def until(is_so: "asyncio.Task[int]", words: str, screen: io.StringIO) -> None:
    async with asyncio.timeout(SECONDS):
        while words not in screen.getvalue():
            done, _ = await asyncio.wait({is_so}, timeout=0.1)
            assert not done, screen.getvalue()


@pytest.mark.slow
async def test_a_move_stops_where_it_is_when_its_window_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pacsanini looked at the time between studies only."""
    monkeypatch.chdir(tmp_path)
    wall, screen = Wall(), io.StringIO()
    with ward_with(faults={"pacs": {"store_delay_ms": 400}}) as ward:
        studies = ward.rich(1, least=28)
        listed(tmp_path, [{"StudyInstanceUID": study} for study in studies])
        file = pacsanini(tmp_path, ward, move={"start_time": "09:00", "end_time": "11:00"})
        options = MoveOptions((), file, None, None, None, None, None, (), None, None, None, 1, 0, 5)
        move = of_pacsanini(file, options)
        move = replace(move, site=replace(move.site, timezone="UTC", clock=wall))
        moving = asyncio.create_task(run_move(move, Console(file=screen)))
        await asyncio.to_thread(stored, ward, 3)
        wall.start_at(datetime(2024, 5, 6, 10, 59, 59, tzinfo=UTC))
        await until(moving, "waits until Tue 07 May 09:00", screen)
        sent = len(ward.sent())
        ward.hospital.faults.reset()
        wall.start_at(datetime(2024, 5, 7, 9, 0, 1, tzinfo=UTC))
        async with asyncio.timeout(SECONDS):
            code = await moving

        assert 3 <= sent < len(ward.images(*studies))
        assert code == 0, screen.getvalue()
        assert {path.stem for path in files_in(tmp_path / "dicom")} == ward.images(*studies)
