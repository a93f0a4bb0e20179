"""What a process runs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from radquarry.bus.port import Bus
from radquarry.messages import Message

Handler = Callable[[Any], Awaitable[None]]
Loop = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Service:
    """Answers to messages, and loops that start work of their own.

    `parallel` says how many messages of a type this process works on at once (1 where it is silent).
    `broadcasts` are heard by every replica, and only while it runs.
    """

    name: str
    handlers: Mapping[type[Message], Handler] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()
    parallel: Mapping[type[Message], int] = field(default_factory=dict)
    broadcasts: Mapping[type[Message], Handler] = field(default_factory=dict)


async def run(bus: Bus, *services: Service) -> None:
    """Run services until one fails or the process is told to stop (cancellation)."""
    for service in services:
        for message_type, handler in service.handlers.items():
            await bus.subscribe(service.name, message_type, handler, service.parallel.get(message_type, 1))
        for message_type, handler in service.broadcasts.items():
            await bus.broadcast(message_type, handler)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume())
        for service in services:
            for loop in service.loops:
                tasks.create_task(loop())
