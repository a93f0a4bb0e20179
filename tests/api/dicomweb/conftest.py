"""A gateway over an archive of a test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.gateway import Gateway, a_gateway


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Its data_dir is `tmp_path`."""
    async with a_gateway(tmp_path) as opened:
        yield opened
