"""What tests of the api are given: a store of each kind, emptied for every test; a whole api; one of four people."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from radquarry.state.store import State
from tests.api.gateway import Gateway, a_gateway
from tests.api.projecting import Projections, a_store, a_store_url, projections
from tests.api.second_person import Resolver, among_four


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


@pytest.fixture
def resolver(tmp_path: Path) -> Resolver:
    """Who answers questions about pseudonyms."""
    return Resolver(tmp_path)


@pytest.fixture
async def four(tmp_path: Path, resolver: Resolver) -> AsyncIterator[Gateway]:
    """An api with four people."""
    async with among_four(tmp_path, resolver) as opened:
        yield opened
