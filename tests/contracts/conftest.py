"""The adapters on which the same promises are tested, and processes that end with their test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from radquarry.bus.port import Bus
from radquarry.index.port import Index
from radquarry.state.store import State
from tests.contracts.buses import Home, Processes, a_home
from tests.contracts.indexes import open_store
from tests.contracts.sleeping import Server
from tests.contracts.states import KINDS, empty_state


@pytest.fixture(params=["tantivy", pytest.param("opensearch", marks=pytest.mark.servers)])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Index]:
    async with open_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture(params=["sqlite", pytest.param("rabbit", marks=pytest.mark.servers)])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    async with a_home(request.param, tmp_path) as found:
        yield found


@pytest.fixture
async def bus(home: Home) -> AsyncIterator[Bus]:
    async with home.open() as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the embedded bus's file."""
    return tmp_path / "data" / "bus.db"


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as store:
        yield store


@pytest.fixture
def finished() -> Iterator[Processes]:
    """Processes put in here are killed when the test is over."""
    processes: Processes = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def server() -> Iterator[Server]:
    opened = Server()
    yield opened
    opened.close()
