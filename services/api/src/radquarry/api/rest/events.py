"""Server-sent events of an order: `progress` at every change, then `end`."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar, cast

from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from radquarry.api.live import View

HEARTBEAT_SECONDS = 15
SEND_SECONDS = 30
"""A client that takes nothing for so long is gone."""

Seen = TypeVar("Seen", bound=View)


def events(views: AsyncIterator[Seen], shape: Callable[[Seen], BaseModel]) -> EventSourceResponse:
    """A response that ends with the order, with the client, or with the server."""
    return EventSourceResponse(_stream(views, shape), ping=HEARTBEAT_SECONDS, send_timeout=SEND_SECONDS, sep="\n")


async def _stream(views: AsyncIterator[Seen], shape: Callable[[Seen], BaseModel]) -> AsyncIterator[ServerSentEvent]:
    last: Seen | None = None
    async with aclosing(cast("AsyncGenerator[Seen]", views)) as watched:
        async for view in watched:
            last = view
            yield ServerSentEvent(shape(view).model_dump_json(), event="progress")
    if last is not None and last.is_settled:
        yield ServerSentEvent(shape(last).model_dump_json(), event="end")
