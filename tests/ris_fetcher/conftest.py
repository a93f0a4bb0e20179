"""The databases on which each promise of a RIS is tested."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ris_fetcher.databases import KINDS, Rooms, rooms


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(request.param, tmp_path) as made:
        yield made
