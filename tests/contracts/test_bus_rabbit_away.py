"""The bus on a RabbitMQ that goes, stays away, and comes back."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from radquarry.bus.delivery import Waits
from radquarry.bus.rabbit import RabbitBus
from radquarry.errors import PeerAway, Permanent, Transient
from radquarry.messages import FindWindow, PacsStopped
from tests.contracts.buses import (
    SOON,
    Listener,
    ParkedPlace,
    consuming,
    depth_becomes,
    order,
    until,
)
from tests.contracts.rabbit_broker import until_it_takes
from tests.servers import addresses

SERVERS = Path(addresses.__file__).parent


@dataclass(frozen=True)
class Broker:
    """A RabbitMQ of this test alone, to kill."""

    url: str
    environment: dict[str, str]

    async def do(self, command: str, *options: str) -> None:
        process = await asyncio.create_subprocess_exec(
            SERVERS / command, *options, "rabbitmq", env=self.environment, stdout=subprocess.DEVNULL
        )
        assert await process.wait() == 0


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    addresses.need("rabbitmq")
    if not Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        pytest.skip("a RabbitMQ of one's own needs Debian's: apt-get install rabbitmq-server")
    names = ("RABBIT_PORT", "RABBIT_MANAGEMENT_PORT", "RABBIT_DISTRIBUTION_PORT", "EPMD_PORT")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    environment = os.environ | {f"RADQUARRY_TEST_{name}": str(port) for name, port in ports.items()}
    state = Path(tempfile.mkdtemp(prefix="radquarry-broker-"))
    state.chmod(0o755)  # the broker is another user when this is root
    environment |= {"RADQUARRY_SERVERS": str(state), "RADQUARRY_SERVERS_ENGINE": "native"}
    found = Broker(f"amqp://radquarry:radquarry@127.0.0.1:{ports['RABBIT_PORT']}/", environment)
    await found.do("up")
    yield found
    await found.do("down", "--wipe")
    shutil.rmtree(state)


def free_ports(count: int) -> Iterator[int]:
    with ExitStack() as held:
        for _ in range(count):
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            yield listener.getsockname()[1]


async def grow_old(broker: Broker) -> None:
    """Let the queue outlive an orderly restart.

    RabbitMQ 3.10 on one node never elects a leader again for a quorum queue that was declared only seconds before a
    kill -9; a hospital's queues are older.
    """
    early = Listener()
    async with RabbitBus.open(broker.url, SOON) as bus:
        await bus.subscribe("ears", FindWindow, early)
        async with consuming(bus):
            await bus.publish(order())
            await until(lambda: bool(early.counts))
    await broker.do("down")
    await broker.do("up")


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(450)
@pytest.mark.parametrize("how", ["kill", "down"])
async def test_a_broker_that_goes_and_comes_back_loses_nothing(broker: Broker, how: str) -> None:
    await grow_old(broker)
    listener, ear, place = Listener(), Listener(), ParkedPlace()
    calls: set[str] = set()
    sent = [order(number) for number in range(1200)]
    left = list(sent)

    async def listen(message: FindWindow) -> None:
        if str(message.id) not in calls:
            calls.add(str(message.id))
            if len(calls) % 10 == 0:
                raise Transient("busy")
            if len(calls) % 10 == 5:
                raise Permanent("no")
        await listener(message)

    async def publish_all() -> None:
        while left:
            message = left.pop()
            try:
                await bus.publish(message)
            except PeerAway:
                left.append(message)

    def accounted() -> set[str]:
        return set(listener.counts) | {str(parked.message_id) for parked in place.kept}

    async with RabbitBus.open(broker.url, Waits((0.2, 1, 3), attempts=30)) as bus:
        await bus.subscribe("ears", FindWindow, listen, parallel=10)
        await bus.subscribe_parked(place)
        await bus.broadcast(PacsStopped, ear)
        async with consuming(bus), asyncio.TaskGroup() as publishers:
            for _ in range(10):
                publishers.create_task(publish_all())
            await until(lambda: len(accounted()) > 300)
            await broker.do(how)
            await broker.do("up")
            await until(lambda: len(accounted()) == 1200, seconds=240)
            await until_it_takes(bus, lambda: bool(ear.heard), PacsStopped(pacs="main"))

    assert accounted() == {str(message.id) for message in sent}


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(300)
async def test_while_the_broker_stays_away_publishing_fails_in_bounded_time(broker: Broker) -> None:
    async with RabbitBus.open(broker.url, SOON) as bus:
        await broker.do("kill")
        started = asyncio.get_running_loop().time()

        with pytest.raises(PeerAway, match="RabbitMQ"):
            await bus.publish(order())
        assert 15 < asyncio.get_running_loop().time() - started < 45
        await broker.do("up")
        await bus.publish(order())
        await depth_becomes(bus, "finder.window.find", 1)
