"""A process on a bus, for the tests to kill: `python -m tests.contracts.bus_process URL work|publish [COUNT]`."""

import asyncio
import sys

from radquarry.bus.opening import open_bus
from radquarry.messages import FindWindow, PacsStopped
from tests.contracts.buses import SOON, order


async def work(url: str) -> None:
    """Take a message, and broadcasts, and never come to an end with them."""

    async def endless(_: object) -> None:
        print("in work", flush=True)  # noqa: T201 - the parent reads it
        await asyncio.Event().wait()

    async with open_bus(url, SOON) as bus:
        await bus.subscribe("ears", FindWindow, endless, parallel=2)
        await bus.broadcast(PacsStopped, endless)
        await bus.consume()


async def publish(url: str, count: int) -> None:
    async with open_bus(url, SOON) as bus:
        print("begun", flush=True)  # noqa: T201 - the parent reads it
        for number in range(count):
            message = order(number)
            await bus.publish(message)
            print(message.id, flush=True)  # noqa: T201 - the parent reads it


match sys.argv[1:]:
    case url, "work":
        asyncio.run(work(url))
    case url, "publish", count:
        asyncio.run(publish(url, int(count)))
