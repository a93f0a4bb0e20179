"""A connection to RabbitMQ that is made anew when it is lost, and the border where its errors become ours.

aio-pika's own `connect_robust` is not used: while the broker is away its `publish` waits without end, and a
channel that the broker closed, or a consumer that it cancelled, does not always come back (its issues 636, 508,
334, 231). Here a lost channel is thrown away, and whoever needs one asks for the next.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    AMQPError,
    AuthenticationError,
    ChannelClosed,
    ProbableAuthenticationError,
)
from aiormq.exceptions import ConnectionNotAllowed
from yarl import URL

from radquarry.errors import PeerAway

log = structlog.get_logger(__name__)

FOREIGN_ERRORS = (*CONNECTION_EXCEPTIONS, asyncio.QueueEmpty, EOFError)
REFUSALS = (AuthenticationError, ProbableAuthenticationError, ConnectionNotAllowed)
SECONDS_FOR_AN_ANSWER = 10.0
SECONDS_OF_PATIENCE = 30.0
WAITS = (0.1, 0.3, 1.0)
SECONDS_BETWEEN_HEARTBEATS = 15


Answer = TypeVar("Answer")


class Refused(PeerAway):
    """RabbitMQ answers, and says no: asking again at once cannot help."""


@asynccontextmanager
async def border(doing: str, seconds: float = SECONDS_FOR_AN_ANSWER) -> AsyncIterator[None]:
    """Raise PeerAway for whatever RabbitMQ or its library raises, or if it takes longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except PeerAway:
        raise
    except REFUSALS as error:
        raise Refused(f"RabbitMQ, {doing}: {_text(error)}; check bus_url") from error
    except FOREIGN_ERRORS as error:
        raise PeerAway(f"RabbitMQ, {doing}: {_text(error)}") from error
    except asyncio.CancelledError:
        # aiormq cancels whoever waits for a connection that it closes
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise PeerAway(f"RabbitMQ, {doing}: the connection was closed") from None


async def patiently(attempt: Callable[[], Awaitable[Answer]]) -> Answer:
    """What `attempt` answers, tried again for half a minute while RabbitMQ is away."""
    now = asyncio.get_running_loop().time
    deadline = now() + SECONDS_OF_PATIENCE
    waits = iter(WAITS)
    while True:
        try:
            return await attempt()
        except Refused:
            raise
        except PeerAway as error:
            wait = next(waits, WAITS[-1])
            if now() + wait > deadline:
                raise
            log.warning("trying again", reason=str(error))
            await asyncio.sleep(wait)


class Link:
    """One connection. `prepare` declares what has to exist before anyone uses it."""

    def __init__(self, url: URL, name: str, prepare: Callable[[AbstractChannel], Awaitable[None]]) -> None:
        self._url = url if "heartbeat" in url.query else url % {"heartbeat": SECONDS_BETWEEN_HEARTBEATS}
        self._url %= {"name": name}
        self._prepare = prepare
        self._connection: AbstractConnection | None = None
        self._connecting = asyncio.Lock()
        self._closed = False

    async def channel(self) -> AbstractChannel:
        """A channel of the caller's own, with confirms, on which unroutable messages raise; PeerAway."""
        connection = await self._connected()
        try:
            return await _open_channel(connection)
        except PeerAway:
            await self._let_go(connection)
            raise

    async def close(self) -> None:
        """For good."""
        self._closed = True
        async with self._connecting:
            if self._connection:
                await self._let_go(self._connection)

    async def _connected(self) -> AbstractConnection:
        async with self._connecting:
            if self._closed:
                raise PeerAway("the bus is closed")
            if self._connection and self._connection.connected.is_set():
                return self._connection
            if self._connection:
                await self._let_go(self._connection)
            self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> AbstractConnection:
        async with border(f"connecting to {self._url.host}:{self._url.port}"):
            connection = await aio_pika.connect(self._url)
        try:
            channel = await _open_channel(connection)
            await self._prepare(channel)
            await close_channel(channel)
        except BaseException:
            await self._let_go(connection)
            raise
        return connection

    async def _let_go(self, connection: AbstractConnection) -> None:
        if self._connection is connection:
            self._connection = None
        try:
            async with border("closing the connection", 2):
                await connection.close()
        except PeerAway as error:
            log.debug("a connection was already gone", reason=str(error))


async def close_channel(channel: AbstractChannel) -> None:
    """Close it, and whoever still waits for an answer on it hears why."""
    try:
        async with border("closing a channel", 2):
            await (await channel.get_underlay_channel()).close(ChannelClosed(0, "no longer in use"))
    except PeerAway as error:
        log.debug("a channel was already gone", reason=str(error))


async def _open_channel(connection: AbstractConnection) -> AbstractChannel:
    async with border("opening a channel"):
        channel = connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.initialize()
        return channel


def _text(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return repr(error) if isinstance(error, AMQPError) else type(error).__name__
