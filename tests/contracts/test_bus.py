"""Every bus keeps these promises; each test runs on the embedded one and on RabbitMQ."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
import structlog

from radquarry.bus.delivery import Waits
from radquarry.bus.port import Bus, Parked
from radquarry.errors import PeerAway, Permanent, Postponed, Transient
from radquarry.messages import CancelCrawl, FindWindow, Message, PacsStopped
from radquarry.messages.listeners import LISTENERS
from tests.contracts.buses import (
    Home,
    Listener,
    ParkedPlace,
    Processes,
    a_home,
    consuming,
    depth_becomes,
    finished_processes,  # noqa: F401 - a fixture
    order,
    read_line,
    until,
)


@pytest.fixture(params=["sqlite", pytest.param("rabbit", marks=pytest.mark.servers)])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    async with a_home(request.param, tmp_path) as found:
        yield found


@pytest.fixture
async def bus(home: Home) -> AsyncIterator[Bus]:
    async with home.open() as opened:
        yield opened


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


async def depths(home: Home) -> dict[str, int]:
    async with home.open() as bus:
        return dict(await bus.depths())


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


async def test_a_transient_failure_is_tried_again_after_growing_waits(home: Home) -> None:
    times: list[float] = []

    async def busy(_: FindWindow) -> None:
        times.append(asyncio.get_running_loop().time())
        if len(times) < 4:
            raise Transient("busy")

    async with home.open(Waits((0.1, 0.4, 0.8), attempts=5)) as bus:
        await bus.subscribe("ears", FindWindow, busy)
        async with consuming(bus):
            await bus.publish(order())
            await until(lambda: len(times) == 4)

    waited = [later - earlier for earlier, later in pairwise(times)]
    assert all(wait >= step - 0.02 for wait, step in zip(waited, (0.1, 0.4, 0.8), strict=True))


async def test_a_message_tried_again_returns_to_its_own_service_alone(bus: Bus) -> None:
    failing, content = Listener(Transient("busy"), Transient("busy")), Listener()
    await bus.subscribe("failing", FindWindow, failing)
    await bus.subscribe("content", FindWindow, content)

    async with consuming(bus):
        await bus.publish(order())
        await until(lambda: bool(failing.heard))
        await depth_becomes(bus, "delayed", 0)

    assert (len(failing.calls), len(content.calls)) == (3, 1)


async def test_a_short_wait_is_not_held_up_by_a_long_one(home: Home) -> None:
    slow, quick = order(1), order(2)
    heard: list[FindWindow] = []

    async def listen(message: FindWindow) -> None:
        heard.append(message)
        if message == slow:
            raise Postponed("tomorrow", after=60)
        if heard.count(quick) == 1:
            raise Transient("busy")

    async with home.open(Waits((0.1, 60), attempts=3)) as bus:
        await bus.subscribe("ears", FindWindow, listen)
        async with consuming(bus):
            await bus.publish(slow, quick)
            await until(lambda: heard.count(quick) == 2)
            await depth_becomes(bus, "delayed", 1)


async def test_giving_up_parks_with_the_number_of_attempts(bus: Bus) -> None:
    place = ParkedPlace()
    await bus.subscribe("ears", FindWindow, Listener(*[Transient("the PACS is away")] * 9))
    await bus.subscribe_parked(place)

    async with consuming(bus):
        await bus.publish(order())
        await until(lambda: bool(place.kept))

    assert place.kept[0].attempts == 4
    assert "the PACS is away" in place.kept[0].reason


async def test_a_postponed_message_does_not_use_up_its_attempts(bus: Bus) -> None:
    place = ParkedPlace()
    postponed = [Postponed("outside its hours")] * 8
    listener = Listener(*postponed, Permanent("now it is refused"))
    await bus.subscribe("ears", FindWindow, listener)
    await bus.subscribe_parked(place)

    async with consuming(bus):
        await bus.publish(order())
        await until(lambda: bool(place.kept))

    assert len(listener.calls) == 9
    assert place.kept[0].attempts == 1


async def test_a_permanent_failure_is_parked_with_its_reason_and_not_tried_again(bus: Bus) -> None:
    place, listener, sent = ParkedPlace(), Listener(Permanent("no such PACS")), order()
    await bus.subscribe("ears", FindWindow, listener)
    await bus.subscribe_parked(place)

    async with consuming(bus):
        await bus.publish(sent)
        await until(lambda: bool(place.kept))

    parked = place.kept[0]
    assert listener.calls == [sent]
    assert (parked.service, parked.topic, parked.reason) == ("ears", "window.find", "no such PACS")
    assert (parked.message_id, parked.trail, parked.attempts) == (sent.id, sent.trail, 1)
    assert FindWindow.model_validate_json(parked.body) == sent


async def test_a_bug_parks_its_message_and_tells_nobody_the_patient(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    place = ParkedPlace()
    await bus.subscribe("ears", FindWindow, Listener(ValueError("MUSTERMANN^ERIKA")))
    await bus.subscribe_parked(place)

    with structlog.testing.capture_logs() as logs:
        async with consuming(bus):
            await bus.publish(order())
            await until(lambda: bool(place.kept))

    assert "ValueError" in place.kept[0].reason
    assert "MUSTERMANN" not in f"{place.kept[0].reason} {logs} {caplog.text}"


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\x00\xfe", b"{}", b'{"id": 7}', b"[1]", b"\x00" * 99])
async def test_an_unreadable_body_is_parked_as_it_is(bus: Bus, body: bytes) -> None:
    place, listener = ParkedPlace(), Listener()
    await bus.subscribe("ears", FindWindow, listener)
    await bus.subscribe_parked(place)

    async with consuming(bus):
        await bus.replay(a_parked(body))
        await until(lambda: bool(place.kept))

    assert (place.kept[0].body, place.kept[0].message_id, listener.calls) == (body, None, [])


def a_parked(body: bytes) -> Parked:
    return Parked("ears", "window.find", body, "a reason", 3, datetime.now(UTC))


async def test_a_parked_message_can_be_replayed(bus: Bus) -> None:
    place, listener, other = ParkedPlace(), Listener(Permanent("not yet"), Transient("busy")), Listener()
    await bus.subscribe("ears", FindWindow, listener)
    await bus.subscribe("others", FindWindow, other)
    await bus.subscribe_parked(place)

    async with consuming(bus):
        await bus.publish(order())
        await until(lambda: bool(place.kept))
        await bus.replay(place.kept[0])
        await until(lambda: bool(listener.heard))

    assert (len(listener.calls), len(other.calls)) == (3, 1)


async def test_a_replay_into_a_queue_that_is_gone_is_refused(bus: Bus) -> None:
    with pytest.raises(PeerAway):
        await bus.replay(a_parked(b"{}"))


async def test_parked_messages_are_handed_over_in_order_and_stay_until_they_are_kept(home: Home) -> None:
    sent = [order(number) for number in range(20)]
    async with home.open() as bus:
        await bus.subscribe("ears", FindWindow, Listener(*[Permanent("no")] * 20))
        async with consuming(bus):
            await bus.publish(*sent)
            await depth_becomes(bus, "parked", 20)

    place = ParkedPlace(PeerAway("the database is away"), ValueError("a bug"))
    async with home.open() as bus:
        await bus.subscribe_parked(place)
        async with consuming(bus):
            await until(lambda: len(place.kept) == 20)
            await depth_becomes(bus, "parked", 0)

    assert [parked.message_id for parked in place.kept] == [message.id for message in sent]


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
