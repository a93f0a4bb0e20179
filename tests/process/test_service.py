"""Loops of services: they begin anew, and end with the process."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.errors import PeerAway
from radquarry.service import Service, run


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    async with open_bus(f"sqlite:///{tmp_path}/bus.db") as opened:
        yield opened


class Loop:
    """Fails as told, one begin after another; then goes on until it is cancelled."""

    def __init__(self, *failures: BaseException) -> None:
        self._failures = list(failures)
        self.going, self.ended = asyncio.Event(), False

    async def __call__(self) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.going.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.ended = True


async def test_a_loop_that_fails_begins_anew_and_disturbs_no_other(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    steady = Loop()
    shaky = Loop(LookupError("Muster^Erika"), PeerAway("the state store is away"), asyncio.CancelledError())
    service = Service(name="finder", loops=(steady, shaky))

    running = asyncio.create_task(run(bus, service, waits=(0,)))
    async with asyncio.timeout(10):
        await steady.going.wait()
        await shaky.going.wait()
    assert not steady.ended
    running.cancel()
    await asyncio.wait([running])

    assert running.cancelled()
    assert steady.ended
    assert shaky.ended
    said = capsys.readouterr().out
    assert "LookupError at test_service.py" in said
    assert "the state store is away" in said
    assert "Muster" not in said
