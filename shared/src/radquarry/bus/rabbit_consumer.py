"""Works off one queue of RabbitMQ, over as many channels as it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aio_pika.abc import AbstractChannel, AbstractQueue
from aiormq.abc import DeliveredMessage

from radquarry.bus.rabbit_link import Link, border, close_channel
from radquarry.bus.rabbit_publisher import Letter, Publisher
from radquarry.errors import PeerAway

log = structlog.get_logger(__name__)

WAITS_FOR_THE_BROKER = (0.1, 0.5, 2.0, 5.0)


@dataclass(frozen=True)
class Subscription:
    """How to declare the queue, what becomes of a message, and how many are in work at once.

    `decide` gives the copy to send before the message is acknowledged, if any.
    """

    declare: Callable[[AbstractChannel], Awaitable[AbstractQueue]]
    decide: Callable[[bytes, Mapping[str, Any]], Awaitable[Letter | None]]
    parallel: int = 1


class Consumer:
    """Workers take messages from whichever channel is open: no channel's end cancels a handler."""

    def __init__(self, link: Link, publisher: Publisher, subscription: Subscription) -> None:
        self._link = link
        self._publisher = publisher
        self._subscription = subscription
        self._incoming: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
        self._attached: tuple[AbstractChannel, AbstractQueue] | None = None

    async def attach(self) -> tuple[AbstractChannel, AbstractQueue]:
        """A channel of its own and the queue, declared on it; raises PeerAway."""
        if self._attached and not self._attached[0].is_closed:
            return self._attached
        channel = await self._link.channel()
        try:
            async with border("limiting deliveries"):
                await channel.set_qos(prefetch_count=self._subscription.parallel)
            self._attached = channel, await self._subscription.declare(channel)
        except PeerAway:
            await close_channel(channel)
            raise
        return self._attached

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receive())
                for _ in range(self._subscription.parallel):
                    tasks.create_task(self._work())
        finally:
            await self._detach()

    async def _receive(self) -> None:
        waits = iter(WAITS_FOR_THE_BROKER)
        while True:
            try:
                channel, queue = await self.attach()
                async with border("consuming"):
                    await _when_cancelled(channel, close_channel)
                    # without aio-pika's message objects, which cost more than the rest of a delivery
                    await (await channel.get_underlay_channel()).basic_consume(queue.name, self._incoming.put)
                waits = iter(WAITS_FOR_THE_BROKER)
                await channel.closed()
                log.warning("a queue is no longer consumed", queue=queue.name)
            except PeerAway as error:
                log.warning("a queue is not consumed", reason=str(error))
            await self._detach()
            await asyncio.sleep(next(waits, WAITS_FOR_THE_BROKER[-1]))

    async def _work(self) -> None:
        while True:
            message = await self._incoming.get()
            if message.channel.is_closed:
                continue
            copy = await self._subscription.decide(message.body, message.header.properties.headers or {})
            try:
                if copy:
                    await self._send(copy, message)
                async with border("acknowledging"):
                    await message.channel.basic_ack(message.delivery_tag or 0, wait=False)
            except PeerAway as error:
                log.info("a message comes again", reason=str(error))

    async def _send(self, copy: Letter, message: DeliveredMessage) -> None:
        while not message.channel.is_closed:
            try:
                return await self._publisher.send(copy)
            except PeerAway as error:
                log.warning("a copy is not taken", reason=str(error))
            await asyncio.sleep(WAITS_FOR_THE_BROKER[-1])
        raise PeerAway("the channel is closed")

    async def _detach(self) -> None:
        if self._attached:
            channel, _ = self._attached
            self._attached = None
            await close_channel(channel)


async def _when_cancelled(channel: AbstractChannel, then: Callable[[AbstractChannel], Awaitable[None]]) -> None:
    """RabbitMQ cancels a consumer whose queue is deleted or moves, and leaves the channel open."""
    tasks: set[asyncio.Task[None]] = set()

    async def cancelled(_: object) -> None:
        task = asyncio.ensure_future(then(channel))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(cancelled)
