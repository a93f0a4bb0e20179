"""One URL chooses the bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from radquarry.bus.delivery import Waits
from radquarry.bus.port import Bus


@asynccontextmanager
async def open_bus(url: str, waits: Waits | None = None) -> AsyncIterator[Bus]:
    """`sqlite:///…/bus.db` for one process, `amqp(s)://…` for containers.

    Declares the queues of every listener, so that nothing published finds no queue.
    """
    waits = waits or Waits()
    match urlsplit(url).scheme:
        case "sqlite":
            from radquarry.bus.sqlite import SqliteBus

            async with SqliteBus.open(Path(url.removeprefix("sqlite:///")), waits) as bus:
                yield bus
        case "amqp" | "amqps":
            from radquarry.bus.rabbit import RabbitBus

            async with RabbitBus.open(url, waits) as rabbit:
                yield rabbit
        case scheme:
            raise ValueError(f"bus_url: no bus speaks {scheme!r}; use sqlite:///… or amqp(s)://…")
