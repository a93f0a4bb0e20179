"""What tests of the api are given: its projections on a store of each kind, emptied for every test; a whole api."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from radquarry.state.store import State
from tests.api.gateway import Gateway, a_gateway
from tests.api.projecting import Projections, a_store, a_store_url, projections


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def store_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_store_url(request.param, tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture
async def state(store_url: str) -> AsyncIterator[State]:
    async with a_store(store_url) as store:
        yield store


@pytest.fixture
def api(state: State, tmp_path: Path) -> Projections:
    return projections(state, tmp_path / "exchange")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Its data_dir is `tmp_path`."""
    async with a_gateway(tmp_path) as opened:
        yield opened
