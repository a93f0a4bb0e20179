"""How many messages a bus takes, delivers and forgets in a second: `python -m tests.contracts.bus_speed URL [COUNT]`.

One process publishes, delivers and acknowledges; messages are published one by one, by as many tasks as there are
handlers in parallel.
"""

import asyncio
import sys
import time
from datetime import date
from uuid import uuid4

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.messages import FindWindow


async def measure(url: str, count: int, parallel: int) -> str:
    left, done, numbers = count, asyncio.Event(), iter(range(count))
    crawl_id = uuid4()

    async def handle(_: FindWindow) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    async with open_bus(url, Waits()) as bus:

        async def publish() -> None:
            for _ in numbers:
                await bus.publish(FindWindow(crawl_id=crawl_id, pacs="main", day=date(2024, 5, 17)))

        await bus.subscribe("finder", FindWindow, handle, parallel)
        consuming = asyncio.create_task(bus.consume())
        began, worked = time.perf_counter(), time.process_time()
        await asyncio.gather(*(publish() for _ in range(parallel)))
        await done.wait()
        took, worked = time.perf_counter() - began, time.process_time() - worked
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)
    return f"{parallel:4} in parallel: {count / took:7.0f}/s, {worked / count * 1e6:5.0f} µs of processor each\n"


def main(url: str, count: str = "10000") -> None:
    for parallel in (1, 8, 64, 256):
        few = max(int(count) // 10, 1) if parallel == 1 else int(count)
        sys.stdout.write(asyncio.run(measure(url, few, parallel)))


if __name__ == "__main__":
    main(*sys.argv[1:])
