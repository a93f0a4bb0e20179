"""The pages over an index with three studies, in this process."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from radquarry.api.archive_views import HeldLimits
from radquarry.index.embedded import TantivyIndex
from tests.doubles.pages_app import pages_app
from tests.doubles.shown_archives import LIMITS, archive
from tests.doubles.shown_desk import ShownDesk
from tests.doubles.written_studies import written_studies


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[TantivyIndex]:
    """An empty index."""
    async with TantivyIndex.open(tmp_path / "index") as opened:
        yield opened


@pytest.fixture(scope="session")
def three_studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index with three studies, written once."""
    folder = tmp_path_factory.mktemp("three") / "index"

    async def write() -> None:
        async with TantivyIndex.open(folder) as opened:
            await opened.merge(written_studies())

    asyncio.run(write())
    return folder


@pytest.fixture
async def desk(three_studies: Path) -> AsyncIterator[ShownDesk]:
    """A desk over three studies."""
    async with TantivyIndex.open(three_studies, read_only=True) as opened:
        yield ShownDesk(opened)


@pytest.fixture
def limited(desk: ShownDesk) -> ShownDesk:
    """A desk over a PACS that may be asked at night."""
    desk.archives.views = [archive(load=HeldLimits(LIMITS))]
    return desk


@pytest.fixture
async def browse(desk: ShownDesk) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without script: it follows no redirect by itself."""
    async with browser_of(desk) as client:
        yield client


def browser_of(desk: ShownDesk, user: str = "") -> httpx.AsyncClient:
    """A browser in front of this desk, of somebody who has signed in as `user`."""
    app = pages_app(desk, user)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://radquarry.test")
