"""What becomes of messages whose handling fails, on every bus."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest
import structlog

from radquarry.bus.delivery import Waits
from radquarry.bus.port import Bus, Parked
from radquarry.errors import PeerAway, Permanent, Postponed, Transient
from radquarry.messages import FindWindow
from tests.contracts.buses import (
    Home,
    Listener,
    ParkedPlace,
    consuming,
    depth_becomes,
    order,
    until,
)


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
