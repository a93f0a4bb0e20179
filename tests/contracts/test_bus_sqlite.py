"""What only the embedded bus has to bear: a disk, and other processes on the same file."""

import asyncio
import inspect
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from radquarry.bus.delivery import Waits
from radquarry.bus.sqlite import SqliteBus
from radquarry.bus.sqlite_feed import Feed
from radquarry.bus.sqlite_store import Row
from radquarry.bus.sqlite_writer import Writer
from radquarry.errors import PeerAway, Permanent
from radquarry.messages import FindWindow
from tests.contracts.buses import (
    SOON,
    Home,
    Listener,
    ParkedPlace,
    Processes,
    consuming,
    depth_becomes,
    order,
    until,
)


@pytest.fixture
async def bus(path: Path) -> AsyncIterator[SqliteBus]:
    async with SqliteBus.open(path, SOON) as opened:
        yield opened


async def test_only_the_owner_may_read_the_file(path: Path, bus: SqliteBus) -> None:
    await bus.publish(order())

    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"bus.db": 0o600, "bus.db-wal": 0o600, "bus.db-shm": 0o600}


async def test_a_second_consumer_is_refused_and_told_why(path: Path, bus: SqliteBus) -> None:
    async with SqliteBus.open(path, SOON) as second, consuming(bus):
        await until(lambda: bus._consumer is not None)
        with pytest.raises(PeerAway, match="another radquarry already works"):
            await second.consume()


async def test_consuming_twice_at_once_is_a_mistake(bus: SqliteBus) -> None:
    async with consuming(bus):
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await bus.consume()


@pytest.mark.parametrize("moments", range(6))
async def test_a_delay_that_begins_as_consuming_ends_does_not_keep_it_alive(bus: SqliteBus, moments: int) -> None:
    async with asyncio.timeout(5), consuming(bus):
        await until(lambda: bus._consumer is not None and bus._consumer._next_due > 0)
        await depth_becomes(bus, "delayed", 0)
        assert bus._consumer
        bus._consumer._sooner.set()
        for _ in range(moments):
            await asyncio.sleep(0)


async def test_a_full_disk_refuses_messages_and_forgets_none(bus: SqliteBus) -> None:
    listener, place = Listener(Permanent("no")), ParkedPlace()
    released = asyncio.Event()

    async def listen(message: FindWindow) -> None:
        await released.wait()
        await listener(message)

    await bus.subscribe("ears", FindWindow, listen, parallel=4)
    await bus.subscribe_parked(place)
    async with consuming(bus):
        await bus.publish(*map(order, range(4)))
        pages = await limit_pages(bus._writer, 1)
        with pytest.raises(PeerAway, match="full"):
            await bus.publish(*map(order, range(500)))
        released.set()
        await until(lambda: len(listener.calls) == 4)
        await limit_pages(bus._writer, pages + 10_000)
        await until(lambda: len(place.kept) == 1)
        await bus.publish(order())
        await until(lambda: len(listener.heard) == 4)
        await depth_becomes(bus, "ears.window.find", 0)


async def limit_pages(writer: Writer, pages: int) -> int:
    """Let the file grow no further than `pages`, or than it is; how many it is."""

    def limit(connection: sqlite3.Connection) -> int:
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return int(connection.execute("PRAGMA page_count").fetchone()[0])

    return await writer.call(limit)


SQLITE_ERRORS = [
    error
    for error in vars(sqlite3).values()
    if inspect.isclass(error) and issubclass(error, Exception) and error is not sqlite3.Warning
]


@pytest.mark.parametrize("error", [*SQLITE_ERRORS, OSError, PermissionError])
async def test_every_error_of_sqlite_is_a_peer_that_is_away(bus: SqliteBus, error: type[Exception]) -> None:
    def fail(_: sqlite3.Connection) -> None:
        raise error("disk I/O error")

    with pytest.raises(PeerAway, match=r"bus\.db"):
        await bus._writer.call(fail)
    await bus.publish(order())


async def test_a_fault_of_ours_in_the_thread_is_loud(path: Path) -> None:
    def fail(_: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with SqliteBus.open(path, SOON) as bus, consuming(bus):
            with pytest.raises(PeerAway):
                await bus._writer.call(fail)
            await asyncio.Event().wait()


async def test_a_closed_bus_takes_nothing(path: Path) -> None:
    async with SqliteBus.open(path, SOON) as bus:
        pass

    with pytest.raises(PeerAway, match="closed"):
        await bus.publish(order())


async def test_a_busy_process_does_not_keep_another_from_publishing(
    path: Path,
    bus: SqliteBus,
    finished: Processes,
) -> None:
    listener = Listener()
    await bus.subscribe("ears", FindWindow, listener, parallel=32)

    async def publish_on() -> None:
        while True:
            await bus.publish(order())

    async with consuming(bus), asyncio.TaskGroup() as busy:
        publishers = [busy.create_task(publish_on()) for _ in range(32)]
        process = await asyncio.to_thread(Home("sqlite", f"sqlite:///{path}").process, "publish", "20")
        finished.append(process)
        assert await asyncio.to_thread(process.wait, 60) == 0
        for publisher in publishers:
            publisher.cancel()


async def test_a_publisher_that_gives_up_waiting_has_still_published(bus: SqliteBus) -> None:
    listener = Listener()
    await bus.subscribe("ears", FindWindow, listener)
    async with consuming(bus):
        await bus.publish(order())
        publishing = asyncio.create_task(bus.publish(order()))
        await asyncio.sleep(0)
        publishing.cancel()
        await until(lambda: len(listener.heard) == 2, seconds=5)


async def test_however_many_messages_wait_only_a_window_of_them_is_in_memory() -> None:
    waiting = [Row(number, 1, b"") for number in range(1, 10_001)]
    taken, read_to = 0, 0

    def read(after: int, limit: int) -> asyncio.Future[list[Row]]:
        nonlocal read_to
        answer: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
        rows = waiting[after : after + limit]
        read_to = max(read_to, after + len(rows))
        answer.set_result(rows)
        return answer

    feed = Feed(read)
    feed.widen(8)
    while taken < len(waiting):
        row = await feed.take()
        taken += 1
        assert row.id == taken
        assert read_to - taken <= 80
        feed.release()


async def test_delays_are_kept_by_the_clock_on_the_wall(path: Path) -> None:
    listener = Listener(PeerAway("busy"))
    async with SqliteBus.open(path, Waits((0.2, 5))) as bus:
        await bus.subscribe("ears", FindWindow, listener)
        async with consuming(bus):
            await bus.publish(order())
            await until(lambda: bool(listener.calls))
    await asyncio.sleep(0.3)

    async with SqliteBus.open(path, Waits((60, 120))) as bus:
        await bus.subscribe("ears", FindWindow, listener)
        async with consuming(bus):
            await until(lambda: bool(listener.heard), seconds=5)
