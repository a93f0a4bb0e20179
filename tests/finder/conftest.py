"""The finder's ledger, empty, on both state stores."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from radquarry.finder.__main__ import MIGRATIONS
from radquarry.finder.ledger import Ledger
from radquarry.state.migration import migrate
from tests.contracts.states import KINDS, empty_state


@pytest.fixture(params=KINDS)
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    async with empty_state(request.param, tmp_path) as state:
        await migrate(state, "finder", MIGRATIONS)
        yield Ledger(state)
