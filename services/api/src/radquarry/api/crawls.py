"""Crawls as people see and order them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy import select, tuple_

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.crawl_answers import CrawlRows
from radquarry.api.crawl_drafts import Drafts
from radquarry.api.crawl_facts import CrawlFact
from radquarry.api.crawl_order import CrawlOrder, check, named, way_of
from radquarry.api.crawl_problems import CrawlProblem, problems_of
from radquarry.api.crawl_views import CrawlState, CrawlView, crawl_view
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.listers import Lister
from radquarry.api.orders import Orders
from radquarry.api.problems import already_settled, unknown
from radquarry.api.tables import crawls
from radquarry.errors import PeerAway
from radquarry.messages import CancelCrawl, ResumeCrawl
from radquarry.state.store import State

__all__ = ["CrawlOrder", "CrawlProblem", "CrawlState", "CrawlView", "Crawls"]

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.1
NONE_LISTS: Mapping[str, Lister] = {}


class Crawls:
    """`write` is the ledger's; `known` are the configured PACS, `listing` the RIS that give lists."""

    def __init__(
        self,
        state: State,
        orders: Orders,
        write: Callable[[CrawlFact], Awaitable[None]],
        known: Collection[str],
        listing: Mapping[str, Lister] = NONE_LISTS,
    ) -> None:
        self._state = state
        self._orders = orders
        self._write = write
        self._known = known
        self.listing = listing
        self.rows = CrawlRows(state)
        self.drafts = Drafts(state, orders.clock)

    def check(self, order: CrawlOrder) -> None:
        """Raise the problem to show where it cannot be ordered."""
        check(order, self._known, self.listing)

    async def request(self, order: CrawlOrder, user: str = "", key: str | None = None) -> UUID:
        """Order a crawl: publish, then write. Raises `Problem`, or `PeerAway` when nothing was ordered."""
        self.check(order)
        crawl_id = await self._orders.named("crawls", user, key, named(order))
        if key is not None and await self._row(crawl_id) is not None:
            return crawl_id
        message = order.message(crawl_id, self._orders.clock(), user)
        await self._orders.publish(message)
        about = {"way": way_of(order), "rows": len(order.rows) or len(order.queries)}
        audit("crawl requested", user, crawl_id=str(crawl_id), **about)
        try:
            await self._write(message)
        except PeerAway:
            log.warning("the order is on its way and is shown when it comes back", crawl_id=str(crawl_id))
        return crawl_id

    async def get(self, crawl_id: UUID) -> CrawlView:
        """One crawl with its problems, and how its rows stand."""
        row = await self._row(crawl_id)
        if row is None:
            raise unknown("crawl", crawl_id)
        view = crawl_view(row, self._orders.clock())
        if view.way != "dates":
            view = replace(view, rows=await self.rows.counts(crawl_id, view.rows_total))
        if not view.problem_count:
            return view
        async with self._state.reading() as connection:
            return replace(
                view, problems=await problems_of(connection, crawl_id, view.problem_count, row.contradictions)
            )

    async def list(self, limit: int = 50, after: str | None = None) -> Listed[CrawlView]:
        """Newest first."""
        key = tuple_(crawls.c.requested_at, crawls.c.crawl_id)
        chosen = select(crawls).where(crawls.c.requested_at.is_not(None))
        if after is not None:
            chosen = chosen.where(key < tuple_(*position(after)))
        chosen = chosen.order_by(crawls.c.requested_at.desc(), crawls.c.crawl_id.desc())
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.limit(page_size(limit) + 1))
        now = self._orders.clock()
        views = tuple(crawl_view(row, now) for row in rows[:limit])
        more = cursor(views[-1].requested_at, views[-1].id) if len(rows) > limit else None
        return Listed(views, more)

    async def cancel(self, crawl_id: UUID, user: str = "") -> None:
        """Ask for no further window; what was found stays."""
        view = await self.get(crawl_id)
        if view.state == "cancelled":
            return
        if view.is_settled:
            raise already_settled("crawl", view.state)
        await self._orders.publish(CancelCrawl(trail=crawl_id, crawl_id=crawl_id))
        audit("crawl cancelled", user, crawl_id=str(crawl_id))

    async def resume(self, crawl_id: UUID, user: str = "", wait: float = 0) -> CrawlView:
        """Ask after all what a cancelled crawl left unasked; at most `wait` seconds until it is under way."""
        view = await self.get(crawl_id)
        if view.is_settled and view.state != "cancelled":
            raise already_settled("crawl", view.state)
        await self._orders.publish(ResumeCrawl(trail=crawl_id, crawl_id=crawl_id))
        audit("crawl resumed", user, crawl_id=str(crawl_id))
        until = asyncio.get_running_loop().time() + wait
        while view.state == "cancelled" and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(LOOK_SECONDS)
            view = await self.get(crawl_id)
        return view

    async def _row(self, crawl_id: UUID) -> "bulk.Found | None":
        chosen = select(crawls).where(crawls.c.crawl_id == crawl_id, crawls.c.requested_at.is_not(None))
        async with self._state.reading() as connection:
            return next(iter(await bulk.fetch(connection, chosen)), None)
