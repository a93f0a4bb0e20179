"""The pages over a desk of a test's own, served to a real browser and looked at."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser

from radquarry.index.document import Part
from radquarry.index.embedded import TantivyIndex
from tests.doubles.pages_app import pages_app
from tests.doubles.shown_desk import ShownDesk
from tests.journeys.browsing import NARROWEST, tab

Serve = Callable[..., AbstractContextManager[str]]


@contextmanager
def serving(
    folder: Path,
    furnish: Callable[[ShownDesk], None] = lambda _: None,
    parts: list[Part] | None = None,
    user: str = "",
) -> Iterator[str]:
    """The pages over a desk that `furnish` has put in order, as `user` sees them; gives their address."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[str]:
        async with desk_over(folder / "index", parts or []) as desk:
            furnish(desk)
            server = uvicorn.Server(uvicorn.Config(pages_app(desk, user), port=0, log_level="error", lifespan="off"))
            task = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for its start
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            server.should_exit = True
            await task

    with beside(opened()) as address:
        yield address


@contextmanager
def beside(opened: AbstractAsyncContextManager[str]) -> Iterator[str]:
    """What is served in a thread with an event loop of its own, beside a browser that knows none; its address."""
    ready, ended, address = threading.Event(), threading.Event(), list[str]()

    async def run() -> None:
        async with opened as served:
            address.append(served)
            ready.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(30)
        yield address[0]
    finally:
        ended.set()
        thread.join(30)


@asynccontextmanager
async def desk_over(folder: Path, parts: list[Part]) -> AsyncIterator[ShownDesk]:
    async with TantivyIndex.open(folder) as index:
        await index.merge(parts)
        yield ShownDesk(index)


def looked_at(browser: Browser, base: str, name: str, path: str, *, status: int | None = None) -> None:
    """The page on a wide screen, in the dark and on a phone: checked, and a picture of each."""
    looks = {"wide": {}, "dark": {"color_scheme": "dark"}, "narrow": {"viewport": NARROWEST, "locale": "de-CH"}}
    for look, wishes in looks.items():
        with tab(browser, base, **wishes) as person:
            if status:
                person.expected_statuses = {status}
            person.open(path)
            person.check()
            person.shoot(f"state-{name}-{look}", whole=look == "narrow")
