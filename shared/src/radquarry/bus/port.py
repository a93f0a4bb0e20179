"""What services need of a message bus."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from radquarry.messages import Message

Handler = Callable[[Any], Awaitable[None]]


class Publish(Protocol):
    """Returns when every message is durable in every listener's queue, in the given order.

    Raises `PeerAway` when the bus cannot promise that; some of the messages may have been taken then.
    """

    async def __call__(self, *messages: Message) -> None: ...


@dataclass(frozen=True)
class Parked:
    """A message that nobody could handle, with the reason. `body` may not even parse: ids are None then."""

    service: str
    topic: str
    body: bytes
    reason: str
    attempts: int
    parked_at: datetime
    message_id: UUID | None = None
    trail: UUID | None = None


class Bus(Protocol):
    """At-least-once delivery. Handlers must bear a message twice, and in any order.

    `deliver` (delivery.py) decides what becomes of a message; an adapter carries the verdict out, and writes
    the retry or the parked copy before it lets go of the original.
    """

    async def publish(self, *messages: Message) -> None:
        """See `Publish`."""

    async def subscribe(self, service: str, message_type: type[Message], handler: Handler, parallel: int = 1) -> None:
        """Replicas of one service share its messages; every service gets its own copy.

        At most `parallel` messages of this type are in work in this process.
        """

    async def broadcast(self, message_type: type[Message], handler: Handler) -> None:
        """Hear every message of this type published from now on, in this process alone; errors are logged."""

    async def subscribe_parked(self, keep: Callable[[Parked], Awaitable[None]]) -> None:
        """Hand over every parked message; it leaves the bus when `keep` returns."""

    async def replay(self, parked: Parked) -> None:
        """Put a parked message back into the queue it fell out of, as if it came for the first time."""

    async def consume(self) -> None:
        """Deliver to the subscriptions until cancelled; what is in work then is delivered again later."""

    async def depths(self) -> Mapping[str, int]:
        """Messages waiting, by queue name (`<service>.<topic>`), and `delayed` and `parked` ones of all queues.

        Those in work may be counted or not.
        """
