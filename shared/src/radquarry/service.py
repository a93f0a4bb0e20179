"""What a process runs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import structlog

from radquarry.bus.port import Bus
from radquarry.errors import printable
from radquarry.heartbeat import EVERY_SECONDS, beat
from radquarry.messages import Message

Handler = Callable[[Any], Awaitable[None]]
Loop = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger(__name__)

WAITS_FOR_A_LOOP = (1.0, 5.0, 30.0)
"""Seconds before a loop that failed begins anew; the last one repeats."""


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


async def run(bus: Bus, *services: Service, waits: Sequence[float] = WAITS_FOR_A_LOOP) -> None:
    """Run services until the bus fails or the process is told to stop (cancellation).

    A loop that fails begins anew after a wait: one row that it cannot digest does not stop the other work.
    """
    for service in services:
        for message_type, handler in service.handlers.items():
            await bus.subscribe(service.name, message_type, handler, service.parallel.get(message_type, 1))
        for message_type, handler in service.broadcasts.items():
            await bus.broadcast(message_type, handler)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume())
        tasks.create_task(_beat())
        for service in services:
            for loop in service.loops:
                tasks.create_task(_again_and_again(service.name, loop, waits))


async def _beat() -> None:
    while True:
        # the first beat comes late: a process that fails at its start, again and again, must not look alive
        await asyncio.sleep(EVERY_SECONDS)
        beat()


async def _again_and_again(service: str, loop: Loop, waits: Sequence[float]) -> None:
    for failures in count():
        work = asyncio.ensure_future(loop())
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait([work])
            raise
        error = asyncio.CancelledError() if work.cancelled() else work.exception()
        if error is None:
            return
        log.error("a loop begins anew", service=service, reason=printable(error))
        await asyncio.sleep(waits[min(failures, len(waits) - 1)])
