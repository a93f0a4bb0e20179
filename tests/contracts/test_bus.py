"""Every bus keeps these promises of delivery; each test runs on the embedded one and on RabbitMQ."""

import asyncio
import random
from uuid import uuid4

import pytest

from radquarry.bus.port import Bus
from radquarry.errors import PeerAway, Permanent, Transient
from radquarry.messages import CancelCrawl, FindWindow, Message, PacsStopped
from radquarry.messages.listeners import LISTENERS
from tests.contracts.buses import (
    Home,
    Listener,
    ParkedPlace,
    consuming,
    depth_becomes,
    depths,
    order,
    until,
)


async def test_a_message_arrives_as_it_was_sent(bus: Bus) -> None:
    listener = Listener()
    await bus.subscribe("ears", FindWindow, listener)
    sent = order()

    async with consuming(bus):
        await bus.publish(sent)
        await until(lambda: bool(listener.heard))

    assert listener.heard == [sent]


async def test_every_listening_service_hears_it(bus: Bus) -> None:
    first, second = Listener(), Listener()
    await bus.subscribe("first", FindWindow, first)
    await bus.subscribe("second", FindWindow, second)
    sent = order()

    async with consuming(bus):
        await bus.publish(sent)
        await until(lambda: bool(first.heard and second.heard))

    assert first.heard == second.heard == [sent]


async def test_replicas_of_a_service_share_its_messages(home: Home, bus: Bus) -> None:
    first, second = Listener(), Listener()
    async with home.replica(bus) as other:
        await bus.subscribe("ears", FindWindow, first, parallel=2)
        await other.subscribe("ears", FindWindow, second, parallel=2)

        async with consuming(bus, other):
            await bus.publish(*map(order, range(200)))
            await until(lambda: len(first.heard) + len(second.heard) >= 200)

    assert set((first.counts + second.counts).values()) == {1}


async def test_what_is_published_before_anyone_listens_waits_for_every_service_of_the_table(home: Home) -> None:
    async with home.open() as bus:
        await bus.publish(order())
        await depth_becomes(bus, "finder.window.find", 1)

    assert set(await depths(home)) >= {f"{name}.{kind.topic}" for kind, names in LISTENERS.items() for name in names}


class UnheardOf(Message):
    topic = "nobody.listens"


async def test_a_message_nobody_could_ever_hear_is_refused(bus: Bus) -> None:
    with pytest.raises(PeerAway, match="nobody listens"):
        await bus.publish(UnheardOf())


async def test_many_published_together_come_in_their_order(bus: Bus) -> None:
    listener = Listener()
    await bus.subscribe("ears", FindWindow, listener)
    sent = [order(number) for number in range(700)]

    async with consuming(bus):
        await bus.publish(*sent)
        await until(lambda: len(listener.heard) == 700)

    assert listener.heard == sent


async def test_a_slow_listener_holds_up_nobody(bus: Bus) -> None:
    listener, never = Listener(), asyncio.Event()

    async def sleeper(_: Message) -> None:
        await never.wait()

    await bus.subscribe("sleeper", FindWindow, sleeper)
    await bus.subscribe("awake", FindWindow, listener)
    await bus.subscribe("sleeper", CancelCrawl, other := Listener())

    async with consuming(bus):
        await bus.publish(*map(order, range(100)), CancelCrawl(crawl_id=uuid4()))
        await until(lambda: len(listener.heard) == 100 and len(other.heard) == 1)


async def test_as_many_are_in_work_as_allowed_and_never_more(bus: Bus) -> None:
    in_work, most, done = 0, 0, 0
    full = asyncio.Event()

    async def work(_: Message) -> None:
        nonlocal in_work, most, done
        in_work += 1
        most = max(most, in_work)
        if in_work == 5:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        in_work -= 1
        done += 1

    await bus.subscribe("ears", FindWindow, work, parallel=5)
    async with consuming(bus):
        await bus.publish(*map(order, range(60)))
        await until(lambda: done == 60)

    assert most == 5


async def test_whoever_subscribes_while_it_delivers_is_served(bus: Bus) -> None:
    listener, ear, place = Listener(Permanent("no")), Listener(), ParkedPlace()

    async with consuming(bus):
        await bus.subscribe("ears", FindWindow, listener)
        await bus.broadcast(PacsStopped, ear)
        await bus.subscribe_parked(place)
        await bus.publish(order(), order(), PacsStopped(pacs="main"))
        await until(lambda: bool(listener.heard and ear.heard and place.kept))


async def test_nothing_is_published_when_nothing_is_given(bus: Bus) -> None:
    await bus.publish()


async def test_long_messages_arrive(bus: Bus) -> None:
    listener = Listener()
    await bus.subscribe("ears", PacsStopped, listener)
    sent = PacsStopped(pacs="Zürich \0 \U0001fa7b " * 200_000)

    async with consuming(bus):
        await bus.publish(sent)
        await until(lambda: bool(listener.heard))

    assert listener.heard == [sent]


async def test_thousands_of_messages_are_accounted_for_one_by_one(bus: Bus) -> None:
    chance, place, listener = random.Random(7), ParkedPlace(), Listener()

    async def listen(message: Message) -> None:
        match chance.random():
            case luck if luck < 0.05:
                raise Transient("busy")
            case luck if luck < 0.06:
                raise Permanent("no")
        await listener(message)

    await bus.subscribe("ears", FindWindow, listen, parallel=50)
    await bus.subscribe("witness", FindWindow, witness := Listener(), parallel=50)
    await bus.subscribe_parked(place)
    sent = [order(number) for number in range(2000)]

    async with consuming(bus):
        async with asyncio.TaskGroup() as publishers:
            for first in range(0, 2000, 10):
                publishers.create_task(bus.publish(*sent[first : first + 10]))
        await until(lambda: len(listener.heard) + len(place.kept) >= 2000 and len(witness.heard) >= 2000)
        await depth_becomes(bus, "delayed", 0)

    once = listener.counts + witness.counts
    once.update(str(parked.message_id) for parked in place.kept)
    assert once == {str(message.id): 2 for message in sent}
