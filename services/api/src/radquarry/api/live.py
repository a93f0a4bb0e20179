"""What changes while somebody looks: one look at the store serves every watcher of the same order."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from radquarry.api.crawls import CrawlView
from radquarry.api.retrieval_views import RetrievalView
from radquarry.errors import PeerAway
from radquarry.messages import (
    ArchiveMeasured,
    Message,
    PacsEchoed,
    PacsLimited,
    PacsStarted,
    PacsStopped,
    QuarantineMeasured,
    RetrievalEstimated,
)

LOOK_SECONDS = 1.0
"""How often an order is looked at while it is watched: other replicas write counters nobody tells of."""
PAUSE_SECONDS = 0.25
"""The least time between two looks."""

Answer = PacsEchoed | PacsStopped | PacsStarted | PacsLimited


class View(Protocol):
    """What can be watched."""

    @property
    def is_settled(self) -> bool:
        """Whether it is the last view."""


Seen = TypeVar("Seen", bound=View)
Said = TypeVar("Said", bound=Message)


class Looks(Generic[Seen]):
    """Looks at orders, at most one look at a time and four a second for each."""

    def __init__(self, look: Callable[[UUID], Awaitable[Seen]]) -> None:
        self._look = look
        self._latest: dict[UUID, tuple[float, asyncio.Task[Seen]]] = {}

    async def at(self, order_id: UUID) -> Seen:
        """The order as it is now, or was a moment ago."""
        now = asyncio.get_running_loop().time()
        begun, task = self._latest.get(order_id, (now, None))
        if task is None or (task.done() and now - begun >= PAUSE_SECONDS):
            task = asyncio.create_task(self._looked(order_id))
            task.add_done_callback(_taken_note_of)
            self._latest[order_id] = now, task
        return await asyncio.shield(task)

    def forget(self, order_id: UUID) -> None:
        """Nobody watches it any more."""
        self._latest.pop(order_id, None)

    async def _looked(self, order_id: UUID) -> Seen:
        return await self._look(order_id)


def _taken_note_of(task: "asyncio.Task[Seen]") -> None:
    """Who waited for it may be gone: its error is nobody's then."""
    if not task.cancelled():
        task.exception()


class Awaited(Generic[Said]):
    """Answers that somebody waits for; nobody else needs them, and nothing is kept."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, asyncio.Future[Said]] = {}

    async def said(self, fact: Said) -> None:
        """For whoever waits for it."""
        waiting = self._waiting.get(fact.cause) if fact.cause else None
        if waiting is not None and not waiting.done():
            waiting.set_result(fact)

    @contextmanager
    def answer_to(self, message_id: UUID) -> Iterator[asyncio.Future[Said]]:
        """The answer that a message will get, while the block runs."""
        future = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        try:
            yield future
        finally:
            del self._waiting[message_id]


class Live:
    """Watching crawls and retrievals, and waiting for answers of PACS, mover and storescp."""

    def __init__(
        self,
        crawl: Callable[[UUID], Awaitable[CrawlView]],
        retrieval: Callable[[UUID], Awaitable[RetrievalView]],
    ) -> None:
        self._crawls = Looks(crawl)
        self._retrievals = Looks(retrieval)
        self._watchers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self.answers: Awaited[Answer] = Awaited()
        self.estimates: Awaited[RetrievalEstimated] = Awaited()
        self.measurements: Awaited[ArchiveMeasured] = Awaited()
        self.refusals: Awaited[QuarantineMeasured] = Awaited()
        self._closed = False

    def crawl(self, crawl_id: UUID) -> AsyncIterator[CrawlView]:
        """At once as it is now, then at every change, until it has settled or the server stops."""
        return self._watch(crawl_id, self._crawls)

    def retrieval(self, retrieval_id: UUID) -> AsyncIterator[RetrievalView]:
        """See `crawl`."""
        return self._watch(retrieval_id, self._retrievals)

    async def _watch(self, order_id: UUID, looks: Looks[Seen]) -> AsyncIterator[Seen]:
        nudged = asyncio.Event()
        self._watchers[order_id].add(nudged)
        shown: Seen | None = None
        try:
            while not self._closed:
                nudged.clear()
                with suppress(PeerAway):
                    view = await looks.at(order_id)
                    if view != shown:
                        shown = view
                        yield view
                        if view.is_settled:
                            return
                await self._rest(nudged)
        finally:
            self._watchers[order_id].discard(nudged)
            if not self._watchers[order_id]:
                del self._watchers[order_id]
                looks.forget(order_id)

    async def _rest(self, nudged: asyncio.Event) -> None:
        """Until something was said, at most a second, at least a quarter of one."""
        until = asyncio.get_running_loop().time() + PAUSE_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await nudged.wait()
        if not self._closed:
            await asyncio.sleep(until - asyncio.get_running_loop().time())

    async def nudge(self, order_id: UUID) -> None:
        """Something was said about this order."""
        for event in self._watchers.get(order_id, ()):
            event.set()

    def close(self) -> None:
        """End every watch: the server stops."""
        self._closed = True
        for events in self._watchers.values():
            for event in events:
                event.set()
