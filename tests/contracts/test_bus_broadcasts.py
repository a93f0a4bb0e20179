"""What every replica hears, on every bus."""

import asyncio

import structlog

from radquarry.bus.port import Bus
from radquarry.errors import Permanent, Transient
from radquarry.messages import FindWindow, PacsStopped
from tests.contracts.buses import (
    Home,
    Listener,
    Processes,
    consuming,
    depths,
    order,
    read_line,
    until,
)


async def test_a_broadcast_reaches_every_replica(home: Home, bus: Bus) -> None:
    first, second = Listener(), Listener()
    async with home.replica(bus) as other:
        await bus.broadcast(PacsStopped, first)
        await other.broadcast(PacsStopped, second)
        sent = PacsStopped(pacs="main")

        async with consuming(bus, other):
            await bus.publish(sent)
            await until(lambda: bool(first.heard and second.heard))

    assert first.heard == second.heard == [sent]


async def test_a_broadcast_that_fails_is_logged_and_over(bus: Bus) -> None:
    failing = Listener(Transient("busy"), ValueError("MUSTERMANN^ERIKA"), Permanent("no"))
    await bus.broadcast(PacsStopped, failing)

    with structlog.testing.capture_logs() as logs:
        async with consuming(bus):
            for _ in range(4):
                await bus.publish(PacsStopped(pacs="main"))
            await until(lambda: bool(failing.heard))

    assert len(failing.calls) == 4
    assert len([line for line in logs if line["event"] == "a broadcast went unheard"]) == 3
    assert "MUSTERMANN" not in str(logs)


async def test_a_broadcast_dies_with_its_process(home: Home, finished: Processes) -> None:
    listener = Listener()
    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, Listener())
        await bus.publish(order())
        process = await asyncio.to_thread(home.process, "work")
        finished.append(process)
        assert await asyncio.to_thread(read_line, process) == "in work"
        process.kill()
        process.wait()
        await bus.publish(PacsStopped(pacs="before"))

        await bus.broadcast(PacsStopped, listener)
        async with consuming(bus):
            await bus.publish(PacsStopped(pacs="after"))
            await until(lambda: bool(listener.heard))

    assert [message.pacs for message in listener.heard] == ["after"]
    assert not [name for name in await depths(home) if "broadcast" in name]
