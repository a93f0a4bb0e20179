"""The buses on which the same promises are tested, and listeners to test them with."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus, Parked
from radquarry.messages import FindWindow, Message
from tests.servers import addresses

SOON = Waits((0.05, 0.1, 0.2), attempts=4)
Processes = list[subprocess.Popen[str]]
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Home:
    """Where a bus keeps its messages: it can be left and entered again."""

    kind: str
    url: str

    def open(self, waits: Waits = SOON) -> AbstractAsyncContextManager[Bus]:
        return open_bus(self.url, waits)

    @asynccontextmanager
    async def replica(self, bus: Bus) -> AsyncIterator[Bus]:
        """Another replica of the service on `bus`. The embedded bus lives in one process: there it shares it."""
        if self.kind == "sqlite":
            yield bus
        else:
            async with self.open() as other:
                yield other

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        """`bus_process.py` on this bus; its first line says that it has begun."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.bus_process", self.url, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )


@asynccontextmanager
async def own_vhost(management_url: str, rabbit_url: str) -> AsyncIterator[str]:
    """The URL of a virtual host that nobody else uses and that is gone afterwards."""
    vhost = f"test-{uuid4().hex}"
    user = httpx.URL(management_url).username
    async with httpx.AsyncClient(base_url=management_url, timeout=30) as management:
        (await management.put(f"/api/vhosts/{vhost}")).raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        (await management.put(f"/api/permissions/{vhost}/{user}", json=everything)).raise_for_status()
        yield str(httpx.URL(rabbit_url).copy_with(path=f"/{vhost}"))
        (await management.delete(f"/api/vhosts/{vhost}")).raise_for_status()


@asynccontextmanager
async def a_home(kind: str, folder: Path) -> AsyncIterator[Home]:
    if kind == "sqlite":
        yield Home(kind, f"sqlite:///{folder}/bus.db")
        return
    addresses.need("rabbitmq")
    async with own_vhost(addresses.rabbit_management_url(), addresses.rabbit_url()) as url:
        yield Home(kind, url)


class Listener:
    """Raises what it is told to, one failure for each call, and listens then."""

    def __init__(self, *failures: Exception) -> None:
        self.calls: list[Any] = []
        self.heard: list[Any] = []
        self._failures = list(failures)

    async def __call__(self, message: Message) -> None:
        self.calls.append(message)
        if self._failures:
            raise self._failures.pop(0)
        self.heard.append(message)

    @property
    def counts(self) -> Counter[str]:
        return Counter(str(message.id) for message in self.heard)


class ParkedPlace:
    """Keeps parked messages, after failing as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.kept: list[Parked] = []
        self._failures = list(failures)

    async def __call__(self, parked: Parked) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.kept.append(parked)


def order(number: int = 0) -> FindWindow:
    return FindWindow(crawl_id=uuid4(), pacs="main", day=date(2024, 5, 17), modality=f"M{number}")


@asynccontextmanager
async def consuming(*buses: Bus) -> AsyncIterator[None]:
    """Deliver meanwhile; a consumer that fails fails the test."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(bus.consume()) for bus in {id(bus): bus for bus in buses}.values()]
        yield
        for task in tasks:
            task.cancel()


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is spread over adapters that know no common event
            await asyncio.sleep(0.005)


async def depth_becomes(bus: Bus, name: str, count: int, seconds: float = 30) -> None:
    """Wait for a queue's length; brokers count late."""
    async with asyncio.timeout(seconds):
        while (await bus.depths())[name] != count:  # noqa: ASYNC110 - see `until`
            await asyncio.sleep(0.05)


async def depths(home: Home) -> dict[str, int]:
    """The length of every queue, by its name."""
    async with home.open() as bus:
        return dict(await bus.depths())


def read_line(process: subprocess.Popen[str]) -> str:
    if process.stdout is None:
        pytest.fail("the process has no output")
    return process.stdout.readline().strip()
