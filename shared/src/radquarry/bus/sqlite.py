"""The embedded bus: one SQLite file. One process delivers from it; others may publish into it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Self
from uuid import uuid4

from radquarry.bus import sqlite_store as store
from radquarry.bus.delivery import Done, Verdict, Waits, deliver, hear
from radquarry.bus.port import Handler, Parked
from radquarry.bus.sqlite_consumer import Consumer, Subscription, only_consumer
from radquarry.bus.sqlite_file import away
from radquarry.bus.sqlite_writer import Writer
from radquarry.errors import PeerAway
from radquarry.messages import Message
from radquarry.messages.listeners import LISTENERS


class SqliteBus:
    """See `Bus`. Made by `open`."""

    def __init__(self, path: Path, writer: Writer, waits: Waits) -> None:
        self._path = path
        self._writer = writer
        self._waits = waits
        self._process = f"broadcast-{uuid4()}"
        self._topics: set[str] = set()
        self._subscriptions: list[Subscription] = []
        self._keepers: list[Callable[[Parked], Awaitable[None]]] = []
        self._consumer: Consumer | None = None
        self._consuming = False

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, waits: Waits) -> AsyncIterator[Self]:
        """Use the bus file at `path`, which is created with its folder where it is missing; raises PeerAway."""
        writer = await Writer.open(path)
        try:
            queues = [(service, kind.topic) for kind, services in LISTENERS.items() for service in services]
            await writer.call(partial(store.declare, queues=queues))
            yield cls(path, writer, waits)
        finally:
            await writer.close()

    async def publish(self, *messages: Message) -> None:
        if not messages:
            return
        topics = {message.topic for message in messages}
        if not topics <= self._topics:
            self._topics = await self._writer.call(store.topics)
        if unheard := topics - self._topics:
            raise PeerAway(f"nobody listens to {', '.join(sorted(unheard))}")
        bodies = [(message.topic, message.model_dump_json().encode()) for message in messages]
        await self._writer.publish(bodies, partial(self._wake, topics))

    async def subscribe(self, service: str, message_type: type[Message], handler: Handler, parallel: int = 1) -> None:
        async def decide(body: bytes, attempt: int) -> Verdict:
            return await deliver(handler, message_type, body, attempt, self._waits)

        queue = await self._declare(service, message_type.topic, passing=False)
        self._add(Subscription(queue, message_type.topic, decide, parallel))

    async def broadcast(self, message_type: type[Message], handler: Handler) -> None:
        async def decide(body: bytes, _: int) -> Verdict:
            await hear(handler, message_type, body)
            return Done()

        queue = await self._declare(f"{self._process}-{uuid4()}", message_type.topic, passing=True)
        self._add(Subscription(queue, message_type.topic, decide))

    async def subscribe_parked(self, keep: Callable[[Parked], Awaitable[None]]) -> None:
        self._keepers.append(keep)
        if self._consumer:
            self._consumer.drain_parked(keep)

    async def replay(self, parked: Parked) -> None:
        replaying = self._writer.call(
            lambda connection: store.replay(connection, parked.service, parked.topic, parked.body), durable=True
        )
        replaying.add_done_callback(lambda _: self._wake({parked.topic}))
        if not await replaying:
            raise PeerAway(f"there is no queue {parked.service}.{parked.topic} any more")

    async def consume(self) -> None:
        if self._consuming:
            raise RuntimeError("this bus is already being consumed")
        self._consuming = True
        try:
            async with only_consumer(self._path):
                await self._writer.call(partial(store.drop_passing, but_for=self._process))
                async with asyncio.TaskGroup() as tasks:
                    self._consumer = Consumer(self._writer, tasks)
                    for subscription in self._subscriptions:
                        self._consumer.add(subscription)
                    for keep in self._keepers:
                        self._consumer.drain_parked(keep)
        finally:
            self._consumer = None
            self._consuming = False

    async def depths(self) -> Mapping[str, int]:
        try:
            return await asyncio.to_thread(store.depths, self._path)
        except sqlite3.Error as error:
            raise away(self._path, error) from error

    async def _declare(self, service: str, topic: str, *, passing: bool) -> int:
        def declare(connection: sqlite3.Connection) -> int:
            store.declare(connection, [(service, topic)], passing=passing)
            return store.queue_id(connection, service, topic)

        return await self._writer.call(declare, durable=True)

    def _add(self, subscription: Subscription) -> None:
        self._subscriptions.append(subscription)
        if self._consumer:
            self._consumer.add(subscription)

    def _wake(self, topics: set[str]) -> None:
        if self._consumer:
            self._consumer.wake(topics)
