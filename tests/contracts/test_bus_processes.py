"""Messages outlive whoever delivers them, on every bus."""

import asyncio
from uuid import uuid4

from radquarry.bus.delivery import Waits
from radquarry.bus.port import Bus
from radquarry.errors import Permanent, Transient
from radquarry.messages import FindWindow, Message
from tests.contracts.buses import (
    Home,
    Listener,
    ParkedPlace,
    Processes,
    consuming,
    depth_becomes,
    order,
    read_line,
    until,
)


async def test_waiting_messages_survive_reopening(home: Home) -> None:
    listener, sent = Listener(), order()
    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, listener)
        await bus.publish(sent)

    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, listener)
        async with consuming(bus):
            await until(lambda: bool(listener.heard))

    assert listener.heard == [sent]


async def test_delayed_messages_survive_reopening(home: Home) -> None:
    listener, waits = Listener(Transient("busy")), Waits((1, 2))
    async with home.open(waits) as bus:
        await bus.subscribe("ears", FindWindow, listener)
        async with consuming(bus):
            await bus.publish(order())
            await depth_becomes(bus, "delayed", 1)
    assert listener.heard == []

    async with home.open(waits) as bus:
        await bus.subscribe("ears", FindWindow, listener)
        async with consuming(bus):
            await until(lambda: bool(listener.heard))


async def test_a_message_in_work_when_consuming_ends_is_delivered_again(bus: Bus) -> None:
    never, started = asyncio.Event(), Listener()

    async def unfinished(message: Message) -> None:
        await started(message)
        if len(started.calls) == 1:
            await never.wait()

    await bus.subscribe("ears", FindWindow, unfinished)
    async with consuming(bus):
        await bus.publish(order(), order(), order())
        await until(lambda: bool(started.calls))
    async with consuming(bus):
        await until(lambda: len(started.calls) == 4)

    assert len(started.counts) == 3


async def test_consuming_ends_when_it_is_told_to_whatever_goes_on(home: Home) -> None:
    async def busy(_: Message) -> None:
        raise Transient("busy")

    async with home.open(Waits((5, 10))) as bus:
        await bus.subscribe("ears", FindWindow, busy)
        for moment in range(60):
            async with asyncio.timeout(20), consuming(bus):
                await bus.publish(order())
                for _ in range(moment % 12):
                    await asyncio.sleep(0.0003)


async def test_a_message_in_work_when_the_process_is_killed_is_delivered_again(home: Home, finished: Processes) -> None:
    sent, place = [order(number) for number in range(3)], ParkedPlace()
    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, Listener())
        await bus.publish(*sent)
    process = await asyncio.to_thread(home.process, "work")
    finished.append(process)
    assert await asyncio.to_thread(read_line, process) == "in work"

    process.kill()

    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, Listener(*[Permanent("refused")] * 3))
        await bus.subscribe_parked(place)
        async with consuming(bus):
            await until(lambda: len(place.kept) == 3)
    assert {parked.message_id for parked in place.kept} == {message.id for message in sent}
    assert {parked.attempts for parked in place.kept} == {1}


async def test_what_a_process_published_before_it_was_killed_is_there(home: Home, finished: Processes) -> None:
    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, Listener())
    process = await asyncio.to_thread(home.process, "publish", "100000")
    finished.append(process)
    assert await asyncio.to_thread(read_line, process) == "begun"
    published = [await asyncio.to_thread(read_line, process) for _ in range(300)]

    process.kill()
    published += [line for line in (process.stdout or []) if len(line) == len(f"{uuid4()}\n")]

    listener = Listener()
    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, listener, parallel=20)
        async with consuming(bus):
            await until(lambda: listener.counts.keys() >= {line.strip() for line in published})
    assert set(listener.counts.values()) == {1}


async def test_another_process_publishes_what_this_one_hears_at_once(home: Home, bus: Bus, finished: Processes) -> None:
    listener = Listener()
    await bus.subscribe("ears", FindWindow, listener)

    async with consuming(bus):
        finished.append(await asyncio.to_thread(home.process, "publish", "5"))
        await until(lambda: len(listener.heard) == 5)

    assert [message.modality for message in listener.heard] == ["M0", "M1", "M2", "M3", "M4"]
