"""The mover's tables, on both state stores."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from radquarry.mover.__main__ import VERSIONS
from radquarry.state.migration import migrate
from radquarry.state.store import State
from tests.contracts.states import KINDS, empty_state
from tests.mover.desk import Desk, a_desk
from tests.mover.leaving import KEEP, Keeper
from tests.mover.ordering import Clock


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as state:
        await migrate(state, "mover", VERSIONS)
        yield state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=KINDS)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(params=KINDS)
async def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Keeper]:
    async with a_desk(request.param, tmp_path, KEEP) as opened:
        yield Keeper(opened)


@pytest.fixture(params=KINDS)
async def hurried(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Keeper]:
    """`archive.keep_days: 0`."""
    async with a_desk(request.param, tmp_path, timedelta()) as opened:
        yield Keeper(opened)
