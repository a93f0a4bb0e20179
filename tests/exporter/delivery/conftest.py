"""An exporter without destinations, on both state stores."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.states import KINDS, empty_state_url
from tests.exporter.delivery.rig import Desk, desk


@pytest.fixture(params=KINDS)
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with empty_state_url(request.param, tmp_path) as url, desk(tmp_path, {}, state_url=url) as it:
        yield it
