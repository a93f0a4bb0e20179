"""What only the bus on RabbitMQ has to bear: a broker that refuses, and remembers older declarations."""

import asyncio
import inspect
from collections.abc import AsyncIterator

import aio_pika.exceptions
import aiormq.exceptions
import httpx
import pamqp.commands
import pamqp.exceptions
import pytest
import structlog
from aio_pika.abc import AbstractChannel

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.bus.rabbit import RabbitBus
from radquarry.bus.rabbit_link import border
from radquarry.errors import PeerAway, Permanent, Postponed
from radquarry.messages import FindWindow, PacsStopped
from tests.contracts.buses import (
    SOON,
    Listener,
    ParkedPlace,
    consuming,
    depth_becomes,
    order,
    own_vhost,
    until,
)
from tests.contracts.rabbit_broker import cut_connections, management, until_it_takes, vhost_of
from tests.servers import addresses

OWN_HEADERS = {"x-service", "x-topic", "x-reason", "x-attempt", "x-parked-at"}
LIBRARIES = (aio_pika.exceptions, aiormq.exceptions, pamqp.exceptions)
FOREIGN: set[type[BaseException]] = {
    error
    for library in LIBRARIES
    for error in vars(library).values()
    if inspect.isclass(error) and issubclass(error, Exception)
}
OTHERS: set[type[BaseException]] = {
    OSError,
    ConnectionResetError,
    TimeoutError,
    EOFError,
    asyncio.CancelledError,
    RuntimeError,
}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    addresses.need("rabbitmq")
    async with own_vhost(addresses.rabbit_management_url(), addresses.rabbit_url()) as own:
        yield own


@pytest.fixture
async def raw(url: str) -> AsyncIterator[AbstractChannel]:
    """A channel beside the bus."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        yield channel


@pytest.mark.parametrize("error", sorted(FOREIGN | OTHERS, key=str))
async def test_every_error_of_the_libraries_is_a_peer_that_is_away(error: type[BaseException]) -> None:
    raised = error.__new__(error)
    if isinstance(raised, aiormq.exceptions.DeliveryError):
        raised.frame = pamqp.commands.Basic.Nack(1)

    with pytest.raises(PeerAway, match="RabbitMQ, testing"):
        async with border("testing"):
            raise raised


async def test_silence_is_a_peer_that_is_away() -> None:
    with pytest.raises(PeerAway, match="no answer in time"):
        async with border("testing", 0.01):
            await asyncio.Event().wait()


async def test_a_task_that_is_told_to_end_ends() -> None:
    async def wait() -> None:
        async with border("testing"):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.servers
class TestOnABroker:
    async def test_namespaces_keep_installations_apart(self, url: str) -> None:
        day, night = Listener(), Listener()
        async with RabbitBus.open(url, SOON, "day") as first, open_bus(f"{url}?namespace=night", SOON) as second:
            await first.subscribe("ears", FindWindow, day)
            await second.subscribe("ears", FindWindow, night)
            async with consuming(first, second):
                await first.publish(order(1))
                await second.publish(order(2))
                await until(lambda: bool(day.heard and night.heard))

        assert [message.modality for message in day.heard + night.heard] == ["M1", "M2"]

    async def test_a_queue_declared_otherwise_is_an_error_that_says_what_to_do(
        self, url: str, raw: AbstractChannel
    ) -> None:
        await raw.declare_queue("radquarry.finder.window.find", durable=True)

        with pytest.raises(PeerAway, match=r"rabbitmqctl delete_queue radquarry\.finder\.window\.find"):
            async with RabbitBus.open(url, SOON):
                pass

    async def test_a_wrong_password_is_an_error_that_says_where(self, url: str) -> None:
        wrong = str(httpx.URL(url).copy_with(password="secret"))

        with pytest.raises(PeerAway, match="check bus_url") as refused:
            async with RabbitBus.open(wrong, SOON):
                pass
        assert "secret" not in str(refused.value)

    async def test_postponing_accumulates_nothing(self, url: str, raw: AbstractChannel) -> None:
        async with RabbitBus.open(url, Waits((0.02, 0.04))) as bus:
            await bus.subscribe("ears", FindWindow, Listener(*[Postponed("stopped")] * 20, Permanent("no")))
            async with consuming(bus):
                await bus.publish(order())
                await depth_becomes(bus, "parked", 1)
            parked = await (await raw.get_queue("radquarry.parked")).get()

        assert set(parked.headers) - {"x-delivery-count"} == OWN_HEADERS
        assert parked.headers["x-attempt"] == 1

    async def test_a_message_that_kills_its_consumers_is_parked(self, url: str, raw: AbstractChannel) -> None:
        place, sent = ParkedPlace(), order()
        async with RabbitBus.open(url, SOON) as bus:
            await bus.publish(sent)
            queue = await raw.get_queue("radquarry.finder.window.find")
            for _ in range(101):
                await (await got(queue)).nack(requeue=True)
            await bus.subscribe_parked(place)
            async with consuming(bus):
                await until(lambda: bool(place.kept))

        parked = place.kept[0]
        assert (parked.service, parked.topic, parked.message_id) == ("finder", "window.find", sent.id)
        assert "died" in parked.reason

    async def test_a_deleted_queue_is_declared_again(self, url: str, raw: AbstractChannel) -> None:
        listener = Listener()
        async with RabbitBus.open(url, SOON) as bus:
            await bus.subscribe("ears", FindWindow, listener)
            async with consuming(bus):
                await bus.publish(order())
                await until(lambda: len(listener.heard) == 1)
                await raw.queue_delete("radquarry.ears.window.find")
                await until_it_takes(bus, lambda: len(listener.heard) == 2)

    async def test_a_cut_connection_comes_back_and_cancels_no_handler(self, url: str) -> None:
        in_work, most, release = 0, 0, asyncio.Event()
        listener, ear = Listener(), Listener()

        async def work(message: FindWindow) -> None:
            nonlocal in_work, most
            in_work += 1
            most = max(most, in_work)
            await release.wait()
            in_work -= 1
            await listener(message)

        sent = [order(number) for number in range(6)]
        async with RabbitBus.open(url, SOON) as bus:
            await bus.subscribe("ears", FindWindow, work, parallel=2)
            await bus.broadcast(PacsStopped, ear)
            async with consuming(bus):
                await bus.publish(*sent)
                await until(lambda: in_work == 2)
                await cut_connections(url)
                await until_it_takes(bus, lambda: bool(ear.heard), PacsStopped(pacs="main"))
                assert in_work == 2
                release.set()
                await until(lambda: len(listener.counts) == 6)

        assert most == 2

    async def test_publishers_that_are_cut_off_publish_all_the_same(self, url: str) -> None:
        listener = Listener()
        sent = [order(number) for number in range(300)]
        async with RabbitBus.open(url, SOON) as bus:
            await bus.subscribe("ears", FindWindow, listener, parallel=20)
            async with consuming(bus), asyncio.TaskGroup() as publishers:
                for message in sent:
                    publishers.create_task(bus.publish(message))
                await cut_connections(url)
                await until(lambda: len(listener.counts) == 300)

        assert set(listener.counts) == {str(message.id) for message in sent}

    async def test_a_queue_that_refuses_for_a_while_gets_its_messages_all_the_same(self, url: str) -> None:
        policy = f"/api/policies/{vhost_of(url)}/full"
        full = {"pattern": "^radquarry.finder.window.find$", "definition": {"max-length": 1}, "apply-to": "queues"}
        async with RabbitBus.open(url, SOON) as bus, management() as api:
            (await api.put(policy, json=full)).raise_for_status()
            with structlog.testing.capture_logs() as logs:
                publishing = asyncio.create_task(publish_each(bus, 60))
                await until(lambda: any("Nack" in str(line) for line in logs))
            (await api.delete(policy)).raise_for_status()
            await publishing
            assert (await bus.depths())["finder.window.find"] >= 60


async def publish_each(bus: RabbitBus, count: int) -> None:
    for number in range(count):
        await bus.publish(order(number))


async def got(queue: aio_pika.abc.AbstractQueue) -> aio_pika.abc.AbstractIncomingMessage:
    async with asyncio.timeout(30):
        while (message := await queue.get(fail=False)) is None:  # noqa: ASYNC110 - asked, not told
            await asyncio.sleep(0.01)
    return message
