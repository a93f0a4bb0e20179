"""The bus of containers: RabbitMQ. What exists on it, and under which names, stands in `rabbit_topology`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self

from aio_pika.abc import AbstractChannel, AbstractQueue
from yarl import URL

from radquarry.bus.delivery import Park, Retry, Waits, deliver, hand_over, hear
from radquarry.bus.parking import with_ids
from radquarry.bus.port import Handler, Parked
from radquarry.bus.rabbit_consumer import Consumer, Subscription
from radquarry.bus.rabbit_link import Link, close_channel, patiently
from radquarry.bus.rabbit_publisher import Letter, Publisher
from radquarry.bus.rabbit_topology import Topology
from radquarry.messages import Message
from radquarry.messages.listeners import LISTENERS

ATTEMPT, SERVICE, TOPIC, REASON, PARKED_AT = "x-attempt", "x-service", "x-topic", "x-reason", "x-parked-at"
LONGEST_REASON = 2000


class RabbitBus:
    """See `Bus`. Made by `open`."""

    def __init__(self, topology: Topology, speaking: Link, hearing: Link) -> None:
        self._topology = topology
        self._hearing = hearing
        self._publisher = Publisher(speaking)
        self._queues = {(service, kind.topic) for kind, services in LISTENERS.items() for service in services}
        self._consumers: list[Consumer] = []
        self._tasks: asyncio.TaskGroup | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, waits: Waits, namespace: str | None = None) -> AsyncIterator[Self]:
        """Connect and declare; raises PeerAway. `namespace` keeps installations on one broker apart.

        It may also stand in the URL, as in `amqp://host/?namespace=night`.
        """
        for library in ("aio_pika", "aiormq"):  # their lines may hold whole messages; what matters is logged here
            logging.getLogger(library).setLevel(logging.CRITICAL)
        address = URL(url)
        topology = Topology(namespace or address.query.get("namespace") or "radquarry", waits)
        address = address.without_query_params("namespace")
        # RabbitMQ stops reading from connections that publish when its disk is full: acknowledgements get through.
        speaking = Link(address, f"{topology.namespace} speaking", topology.declare)
        hearing = Link(address, f"{topology.namespace} hearing", topology.declare)
        try:
            await close_channel(await patiently(speaking.channel))
            yield cls(topology, speaking, hearing)
        finally:
            await hearing.close()
            await speaking.close()

    async def publish(self, *messages: Message) -> None:
        exchange = self._topology.namespace
        await self._publisher.send(
            *(Letter(exchange, message.topic, message.model_dump_json().encode()) for message in messages)
        )

    async def subscribe(self, service: str, message_type: type[Message], handler: Handler, parallel: int = 1) -> None:
        topic = message_type.topic

        async def declare(channel: AbstractChannel) -> AbstractQueue:
            return await self._topology.declare_queue(channel, service, topic)

        async def decide(body: bytes, headers: Mapping[str, Any]) -> Letter | None:
            attempt = _attempt(headers)
            match await deliver(handler, message_type, body, attempt, self._topology.waits):
                case Retry(wait, again):
                    queue = self._topology.queue(service, topic)
                    return Letter(self._topology.delay(wait), queue, body, {ATTEMPT: again})
                case Park(reason):
                    return self._parked(Parked(service, topic, body, reason, attempt, datetime.now(UTC)))
            return None

        await self._add(Subscription(declare, decide, parallel))
        self._queues.add((service, topic))

    async def broadcast(self, message_type: type[Message], handler: Handler) -> None:
        async def declare(channel: AbstractChannel) -> AbstractQueue:
            return await self._topology.declare_broadcast(channel, message_type.topic)

        async def decide(body: bytes, _: Mapping[str, Any]) -> None:
            await hear(handler, message_type, body)

        await self._add(Subscription(declare, decide))

    async def subscribe_parked(self, keep: Callable[[Parked], Awaitable[None]]) -> None:
        async def declare(channel: AbstractChannel) -> AbstractQueue:
            return await self._topology.declare_parked(channel)

        async def decide(body: bytes, headers: Mapping[str, Any]) -> None:
            await hand_over(keep, self._read_parked(body, headers))

        await self._add(Subscription(declare, decide))

    async def replay(self, parked: Parked) -> None:
        queue = self._topology.queue(parked.service, parked.topic)
        await self._publisher.send(Letter("", queue, parked.body, {ATTEMPT: 1}))

    async def consume(self) -> None:
        if self._tasks:
            raise RuntimeError("this bus is already being consumed")
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(asyncio.Event().wait())
                for consumer in self._consumers:
                    self._tasks.create_task(consumer.run())
        finally:
            self._tasks = None

    async def depths(self) -> Mapping[str, int]:
        names = {f"{service}.{topic}": self._topology.queue(service, topic) for service, topic in self._queues}
        delays = [self._topology.delay(step) for step in self._topology.waits.steps]
        channel = await self._hearing.channel()
        try:
            waiting = await self._topology.messages(channel, names.values())
            delayed = await self._topology.messages(channel, delays)
            parked = await self._topology.messages(channel, [self._topology.parked])
        finally:
            await close_channel(channel)
        return dict(zip(names, waiting, strict=True)) | {"delayed": sum(delayed), "parked": sum(parked)}

    async def _add(self, subscription: Subscription) -> None:
        consumer = Consumer(self._hearing, self._publisher, subscription)
        await patiently(consumer.attach)
        self._consumers.append(consumer)
        if self._tasks:
            self._tasks.create_task(consumer.run())

    def _parked(self, parked: Parked) -> Letter:
        headers: dict[str, str | int] = {
            SERVICE: parked.service,
            TOPIC: parked.topic,
            REASON: parked.reason[:LONGEST_REASON],
            ATTEMPT: parked.attempts,
            PARKED_AT: parked.parked_at.isoformat(),
        }
        return Letter("", self._topology.parked, parked.body, headers)

    def _read_parked(self, body: bytes, headers: Mapping[str, Any]) -> Parked:
        if headers.keys() >= {SERVICE, TOPIC, REASON, PARKED_AT}:
            at = datetime.fromisoformat(headers[PARKED_AT])
            who = headers[SERVICE], headers[TOPIC]
            return with_ids(Parked(*who, body, headers[REASON], _attempt(headers), at))
        deaths = headers.get("x-death") or [{}]
        who = self._topology.service_and_topic(str(deaths[0].get("queue", "")))
        reason = "every process that took this message died on it"
        return with_ids(Parked(*who, body, reason, _attempt(headers), datetime.now(UTC)))


def _attempt(headers: Mapping[str, Any]) -> int:
    attempt = headers.get(ATTEMPT, 1)
    return attempt if isinstance(attempt, int) else 1
