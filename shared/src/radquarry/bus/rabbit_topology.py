"""What exists on RabbitMQ, and its names: they derive from the service's name and the topic, and from nothing else.

- `<namespace>`: the topic exchange everything is published to.
- `<namespace>.<service>.<topic>`: a service's queue. What its consumers died on 100 times falls into the parked queue.
- `<namespace>.delay.<milliseconds>`: an exchange and its queue, one for each wait, since a message that waits long
  would hold up those behind it. A message goes in under the name of the queue it came from, and that name brings
  it back there when its time is over.
- `<namespace>.parked`: what waits for a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aio_pika.abc import AbstractChannel, AbstractQueue
from aio_pika.exceptions import ChannelPreconditionFailed

from radquarry.bus.delivery import Waits
from radquarry.bus.rabbit_link import Refused, border
from radquarry.messages.listeners import LISTENERS

DEATHS_TO_PARK = 100
NOTHING_IS_LOST_ON_THE_WAY = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}


@dataclass(frozen=True)
class Topology:
    """The names under one namespace."""

    namespace: str
    waits: Waits

    @property
    def parked(self) -> str:
        """The queue of what waits for a person."""
        return f"{self.namespace}.parked"

    def queue(self, service: str, topic: str) -> str:
        """The queue of one service for one topic."""
        return f"{self.namespace}.{service}.{topic}"

    def service_and_topic(self, queue: str) -> tuple[str, str]:
        """Whose queue this is."""
        service, _, topic = queue.removeprefix(f"{self.namespace}.").partition(".")
        return service, topic

    def delay(self, seconds: float) -> str:
        """The exchange, and the queue, where a message waits so long."""
        return f"{self.namespace}.delay.{round(seconds * 1000)}"

    async def declare(self, channel: AbstractChannel) -> None:
        """Everything every process must find; raises PeerAway."""
        async with border("declaring exchanges"):
            await channel.declare_exchange(self.namespace, "topic", durable=True)
        await self.declare_parked(channel)
        for seconds in self.waits.steps:
            await self._declare_delay(channel, seconds)
        for kind, services in LISTENERS.items():
            for service in services:
                await self.declare_queue(channel, service, kind.topic)

    async def declare_parked(self, channel: AbstractChannel) -> AbstractQueue:
        """The queue of what waits for a person; raises PeerAway."""
        return await _quorum_queue(channel, self.parked, {})

    async def declare_queue(self, channel: AbstractChannel, service: str, topic: str) -> AbstractQueue:
        """A service's queue, bound to its topic; raises PeerAway."""
        queue = await _quorum_queue(
            channel,
            self.queue(service, topic),
            {
                "x-delivery-limit": DEATHS_TO_PARK,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.parked,
                **NOTHING_IS_LOST_ON_THE_WAY,
            },
        )
        async with border("binding a queue"):
            await queue.bind(self.namespace, topic)
        return queue

    async def declare_broadcast(self, channel: AbstractChannel, topic: str) -> AbstractQueue:
        """A queue that dies with the connection it was declared on; raises PeerAway."""
        async with border("declaring a broadcast queue"):
            queue = await channel.declare_queue(
                f"{self.namespace}.broadcast.{topic}.{uuid4()}", exclusive=True, auto_delete=True
            )
            await queue.bind(self.namespace, topic)
            return queue

    async def messages(self, channel: AbstractChannel, queues: Iterable[str]) -> list[int]:
        """How many are ready in each of `queues`; raises PeerAway."""
        async with border("counting messages", 30):
            declared = [await channel.declare_queue(queue, passive=True) for queue in queues]
        return [queue.declaration_result.message_count or 0 for queue in declared]

    async def _declare_delay(self, channel: AbstractChannel, seconds: float) -> None:
        name = self.delay(seconds)
        async with border("declaring exchanges"):
            await channel.declare_exchange(name, "fanout", durable=True)
        queue = await _quorum_queue(
            channel,
            name,
            {
                "x-message-ttl": round(seconds * 1000),
                "x-dead-letter-exchange": "",
                **NOTHING_IS_LOST_ON_THE_WAY,
            },
        )
        async with border("binding a queue"):
            await queue.bind(name)


async def _quorum_queue(channel: AbstractChannel, name: str, arguments: dict[str, Any]) -> AbstractQueue:
    async with border(f"declaring {name}"):
        try:
            return await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum", **arguments})
        except ChannelPreconditionFailed as error:
            raise Refused(
                f"the queue {name} exists on RabbitMQ with other arguments than this radquarry declares: let it run"
                f" empty with the version that made it, delete it (rabbitmqctl delete_queue {name}), start again"
            ) from error
