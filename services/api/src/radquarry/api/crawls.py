"""Crawls as people see and order them."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy import select, tuple_

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.crawl_facts import CrawlFact
from radquarry.api.crawl_problems import CrawlProblem, problems_of
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.orders import Orders
from radquarry.api.problems import already_settled, invalid, unknown, unknown_pacs
from radquarry.api.tables import crawls
from radquarry.errors import PeerAway
from radquarry.messages import CancelCrawl, CrawlRequested
from radquarry.state.store import State

__all__ = ["CrawlOrder", "CrawlProblem", "CrawlState", "CrawlView", "Crawls"]

log = structlog.get_logger(__name__)

CrawlState = Literal["requested", "running", "complete", "incomplete", "cancelled"]
SETTLED = ("complete", "incomplete", "cancelled")
MOST_DAYS = 36_525
MOST_MODALITIES = 50


@dataclass(frozen=True)
class CrawlOrder:
    """Which days of which PACS are asked, both included; no modality is all of them."""

    pacs: str
    start_date: date
    end_date: date
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True)
class CrawlView:
    """Where a crawl stands. `problems` is filled by `Crawls.get` alone."""

    id: UUID
    state: CrawlState
    pacs: str
    start_date: date
    end_date: date
    modalities: tuple[str, ...]
    requested_by: str
    requested_at: datetime
    windows_planned: int | None
    windows_closed: int
    windows_with_gaps: int
    studies_found: int
    reports_fetched: int
    reports_missing: int
    documents_indexed: int
    studies_settled: int
    problem_count: int
    problems: tuple[CrawlProblem, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Nothing is on its way any more."""
        return self.state in SETTLED

    @property
    def progress(self) -> float:
        """0 to 1: half by windows asked, half by studies that have arrived."""
        if self.is_settled:
            return 1.0
        asked = self.windows_closed / self.windows_planned if self.windows_planned else 0.0
        arrived = self.studies_settled / self.studies_found if self.studies_found else 0.0
        return min(0.99, asked * (1 + arrived) / 2)


class Crawls:
    """`write` is the ledger's; `known` are the names of the configured PACS."""

    def __init__(
        self,
        state: State,
        orders: Orders,
        write: Callable[[CrawlFact], Awaitable[None]],
        known: Collection[str],
    ) -> None:
        self._state = state
        self._orders = orders
        self._write = write
        self._known = known

    async def request(self, order: CrawlOrder, user: str = "", key: str | None = None) -> UUID:
        """Order a crawl: publish, then write. Raises `Problem`, or `PeerAway` when nothing was ordered."""
        _check(order, self._known)
        crawl_id = await self._orders.named("crawls", user, key, order)
        if key is not None and await self._row(crawl_id) is not None:
            return crawl_id
        message = CrawlRequested(
            trail=crawl_id,
            sent_at=self._orders.clock(),
            crawl_id=crawl_id,
            pacs=order.pacs,
            start_date=order.start_date,
            end_date=order.end_date,
            modalities=order.modalities,
            requested_by=user,
        )
        await self._orders.publish(message)
        audit("crawl requested", user, crawl_id=str(crawl_id), days=(order.end_date - order.start_date).days + 1)
        try:
            await self._write(message)
        except PeerAway:
            log.warning("the order is on its way and is shown when it comes back", crawl_id=str(crawl_id))
        return crawl_id

    async def get(self, crawl_id: UUID) -> CrawlView:
        """One crawl with its problems."""
        row = await self._row(crawl_id)
        if row is None:
            raise unknown("crawl", crawl_id)
        view = _view(row)
        if not view.problem_count:
            return view
        async with self._state.reading() as connection:
            return _view(row, await problems_of(connection, crawl_id, view.problem_count))

    async def list(self, limit: int = 50, after: str | None = None) -> Listed[CrawlView]:
        """Newest first."""
        key = tuple_(crawls.c.requested_at, crawls.c.crawl_id)
        chosen = select(crawls).where(crawls.c.requested_at.is_not(None))
        if after is not None:
            chosen = chosen.where(key < tuple_(*position(after)))
        chosen = chosen.order_by(crawls.c.requested_at.desc(), crawls.c.crawl_id.desc())
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.limit(page_size(limit) + 1))
        views = tuple(_view(row) for row in rows[:limit])
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

    async def _row(self, crawl_id: UUID) -> "bulk.Found | None":
        chosen = select(crawls).where(crawls.c.crawl_id == crawl_id, crawls.c.requested_at.is_not(None))
        async with self._state.reading() as connection:
            return next(iter(await bulk.fetch(connection, chosen)), None)


def _check(order: CrawlOrder, known: Collection[str]) -> None:
    if order.pacs not in known:
        raise unknown_pacs(order.pacs, known, status=422)
    if order.start_date > order.end_date:
        raise invalid(f"start_date {order.start_date} is after end_date {order.end_date}.")
    if (order.end_date - order.start_date).days >= MOST_DAYS:
        raise invalid("A crawl asks for at most 100 years.")
    if len(order.modalities) > MOST_MODALITIES:
        raise invalid(f"A crawl names at most {MOST_MODALITIES} modalities.")


def _view(row: "bulk.Found", problems: tuple[CrawlProblem, ...] = ()) -> CrawlView:
    return CrawlView(
        id=row.crawl_id,
        state=row.state,
        pacs=row.pacs,
        start_date=row.start_date,
        end_date=row.end_date,
        modalities=tuple(filter(None, row.modalities.split(","))),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        windows_planned=row.planned,
        windows_closed=row.windows_closed,
        windows_with_gaps=row.windows_with_gaps + row.windows_parked,
        studies_found=row.studies_found,
        reports_fetched=row.reports_fetched,
        reports_missing=row.reports_missing,
        documents_indexed=row.documents_indexed,
        studies_settled=row.studies_settled,
        problem_count=row.windows_with_gaps + row.windows_parked + row.studies_failed + row.blocks,
        problems=problems,
    )
