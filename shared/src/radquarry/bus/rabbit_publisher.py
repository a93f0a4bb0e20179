"""Sends, and returns when RabbitMQ has it on disk."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

from aio_pika import DeliveryMode
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import PublishError
from pamqp.commands import Basic

from radquarry.bus.rabbit_link import Link, Refused, border, close_channel, patiently
from radquarry.errors import PeerAway

IN_FLIGHT = 200


class Letter(NamedTuple):
    """A body on its way: `exchange` may be `""`, then `address` is a queue."""

    exchange: str
    address: str
    body: bytes
    headers: Mapping[str, str | int] = {}


class Publisher:
    """Shared by all tasks of a process. After a failure everyone goes on with a new channel."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def send(self, *letters: Letter) -> None:
        """Return when all are confirmed, in this order, some perhaps twice; raises PeerAway after half a minute."""
        left = list(letters)

        async def send_what_is_left() -> None:
            while left:
                del left[: await self._send_some(left[:IN_FLIGHT])]

        await patiently(send_what_is_left)

    async def _send_some(self, letters: Sequence[Letter]) -> int:
        """How many of `letters`, from the first on, are confirmed; raises if not even that is."""
        channel = await self._open()
        confirmed = 0
        try:
            if len(letters) == 1:
                await _publish(channel, letters[0])
                return 1
            async for _ in _publish_together(channel, letters):
                confirmed += 1
        except Refused:
            raise
        except PeerAway:
            await self._give_up(channel)
            if not confirmed:
                raise
        return confirmed

    async def _open(self) -> AbstractChannel:
        if self._channel and not self._channel.is_closed:
            return self._channel
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._link.channel()
            return self._channel

    async def _give_up(self, channel: AbstractChannel) -> None:
        """A channel that nacked or kept silent may do so for ever, after its queue's leader was lost."""
        if self._channel is channel:
            self._channel = None
            await close_channel(channel)


async def _publish_together(channel: AbstractChannel, letters: Sequence[Letter]) -> AsyncIterator[None]:
    """Yield once for each letter that is confirmed, in their order."""
    publishing = [asyncio.create_task(_publish(channel, letter)) for letter in letters]
    try:
        for published in publishing:
            await published
            yield
    finally:
        for published in publishing:
            published.cancel()
        await asyncio.gather(*publishing, return_exceptions=True)


async def _publish(channel: AbstractChannel, letter: Letter) -> None:
    properties = Basic.Properties(
        headers=dict(letter.headers), content_type="application/json", delivery_mode=DeliveryMode.PERSISTENT
    )
    async with border("publishing"):
        # without aio-pika's message objects: see rabbit_consumer
        underlay = await channel.get_underlay_channel()
        try:
            await underlay.basic_publish(
                letter.body,
                exchange=letter.exchange,
                routing_key=letter.address,
                properties=properties,
                mandatory=True,
            )
        except PublishError as error:
            raise Refused(f"nobody listens to {letter.address}") from error
