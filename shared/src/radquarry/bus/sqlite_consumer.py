"""Delivers from the bus file to handlers, while one process holds the right to."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from radquarry.bus import sqlite_store as store
from radquarry.bus.delivery import Done, Park, Retry, Verdict, hand_over
from radquarry.bus.port import Parked
from radquarry.bus.sqlite_feed import Feed
from radquarry.bus.sqlite_writer import Writer
from radquarry.errors import PeerAway

log = structlog.get_logger(__name__)

SECONDS_BETWEEN_LOOKS_FOR_OTHERS = 0.25
SECONDS_BETWEEN_TRIES = 1.0
WAITS_FOR_THE_ONE_BEFORE = (0.05, 0.1, 0.2, 0.5, 1.0, 1.0, 0.0)
LONGEST_SLEEP = 60.0

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Subscription:
    """A queue, who works it off, and how many at once."""

    queue: int
    topic: str
    decide: Callable[[bytes, int], Awaitable[Verdict]]
    parallel: int = 1


class Consumer:
    """Feeds subscriptions for the length of one `consume`."""

    def __init__(self, writer: Writer, tasks: asyncio.TaskGroup) -> None:
        self._writer = writer
        self._tasks = tasks
        self._feeds: dict[int, Feed] = {}
        self._by_topic: dict[str, set[int]] = {}
        self._next_due = 0.0
        self._sooner = asyncio.Event()
        self._parked = asyncio.Event()
        tasks.create_task(writer.until_it_breaks())
        tasks.create_task(self._ripen())
        tasks.create_task(self._look_for_others())

    def add(self, subscription: Subscription) -> None:
        """Start its workers. Several subscriptions of one queue share its messages."""
        feed = self._feeds.get(subscription.queue)
        if feed is None:
            feed = self._feeds[subscription.queue] = Feed(partial(self._read, subscription.queue))
            self._by_topic.setdefault(subscription.topic, set()).add(subscription.queue)
        feed.widen(subscription.parallel)
        for _ in range(subscription.parallel):
            self._tasks.create_task(self._work(feed, subscription))

    def drain_parked(self, keep: Callable[[Parked], Awaitable[None]]) -> None:
        """Hand over parked messages from now on."""
        self._parked.set()
        self._tasks.create_task(self._hand_over_parked(keep))

    def wake(self, topics: Iterable[str]) -> None:
        """Something was published on these topics."""
        for topic in topics:
            for queue in self._by_topic.get(topic, ()):
                self._feeds[queue].wake()

    def _read(self, queue: int, after: int, limit: int) -> asyncio.Future[list[store.Row]]:
        return self._writer.call(lambda connection: store.read(connection, queue, after, limit))

    async def _work(self, feed: Feed, subscription: Subscription) -> None:
        while True:
            row = await feed.take()
            match await subscription.decide(row.body, row.attempt):
                case Done():
                    self._writer.settle(row.id, None, feed.release)
                case Retry(wait, attempt):
                    due = time.time() + wait
                    self._writer.settle(row.id, store.Delay(row.id, due, attempt), partial(self._delayed, feed, due))
                case Park(reason):
                    parking = store.Parking(row.id, reason, row.attempt, time.time())
                    self._writer.settle(row.id, parking, partial(self._put_aside, feed))

    def _delayed(self, feed: Feed, due: float) -> None:
        feed.release()
        if due < self._next_due:
            self._sooner.set()

    def _put_aside(self, feed: Feed) -> None:
        feed.release()
        self._parked.set()

    async def _ripen(self) -> None:
        while True:
            self._sooner.clear()
            queues, due = await self._insist(lambda connection: store.ripen(connection, time.time()))
            for queue in queues & self._feeds.keys():
                self._feeds[queue].wake()
            self._next_due = min(due or float("inf"), time.time() + LONGEST_SLEEP)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._next_due - time.time()):
                    await self._sooner.wait()

    async def _look_for_others(self) -> None:
        seen = await self._insist(store.changes_by_others)
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS_FOR_OTHERS)
            now = await self._insist(store.changes_by_others)
            if now != seen:
                seen = now
                self.wake(self._by_topic)
                self._parked.set()

    async def _hand_over_parked(self, keep: Callable[[Parked], Awaitable[None]]) -> None:
        last = 0
        while True:
            self._parked.clear()
            found = await self._insist(partial(store.read_parked, after=last))
            if found is None:
                await self._parked.wait()
                continue
            number, parked = found
            await hand_over(keep, parked)
            await self._insist(partial(store.forget_parked, number=number))
            last = number

    async def _insist(self, call: Callable[..., Answer]) -> Answer:
        """What the file answers, however long its disk is full."""
        while True:
            try:
                return await self._writer.call(call)
            except PeerAway:
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)


@asynccontextmanager
async def only_consumer(path: Path) -> AsyncIterator[None]:
    """Hold the right to deliver from this file; the system takes it back when the process dies."""
    handle = os.open(path.with_name(f"{path.name}-consumer"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        for wait in WAITS_FOR_THE_ONE_BEFORE:
            if _locks(handle):
                break
            await asyncio.sleep(wait)
        else:
            raise PeerAway(
                f"another radquarry already works on {path.name}: stop it, or give this one its own data_dir"
            )
        yield
    finally:
        os.close(handle)


def _locks(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
