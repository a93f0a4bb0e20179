"""The PACS as peers: what they are configured as, how they bear our traffic, and the administrator's orders."""

import asyncio
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from radquarry.api import bulk
from radquarry.api.archive_facts import ArchiveFact, ArchiveFacts, KnownFacts
from radquarry.api.archive_rows import view_of
from radquarry.api.archive_views import ArchiveAtWork, ArchiveView, at_work
from radquarry.api.audit import audit
from radquarry.api.live import Live
from radquarry.api.orders import Orders
from radquarry.api.problems import unknown_pacs
from radquarry.api.storable import storable
from radquarry.api.tables import archives
from radquarry.api.traffic import Recent, Span, Traffic
from radquarry.configuration.sections import Pacs
from radquarry.messages import (
    EchoPacs,
    LimitPacs,
    LoadLimits,
    PacsEchoed,
    PacsStarted,
    PacsStopped,
    PacsTraffic,
    ProbePacs,
    StartPacs,
    StopPacs,
)
from radquarry.state.store import State

SPAN_MINUTES = 30
"""Of the day's picture: 48 bars."""

Order = EchoPacs | StopPacs | StartPacs | LimitPacs | ProbePacs
Fact = PacsEchoed | PacsStopped | PacsStarted | PacsTraffic | ArchiveFact


class Archives:
    """The configured PACS, and the administrator's buttons; `zone` is that of their windows."""

    def __init__(
        self, state: State, orders: Orders, live: Live, configured: Mapping[str, Pacs], zone: ZoneInfo
    ) -> None:
        self._state = state
        self._orders = orders
        self._live = live
        self._configured = configured
        self._zone = zone
        self._facts = ArchiveFacts(state)
        self._traffic = Traffic(state, orders.clock)

    @property
    def names(self) -> tuple[str, ...]:
        """In the order of the configuration."""
        return tuple(self._configured)

    async def list(self) -> tuple[ArchiveView, ...]:
        """Every configured PACS."""
        async with self._state.reading() as connection:
            rows = {row.pacs: row for row in await bulk.fetch(connection, select(archives))}
            known, answered = await self._facts.known(connection), await self._traffic.answered(connection)
        return tuple(
            view_of(name, pacs, rows.get(name), known.get(name, KnownFacts()), answered.get(name))
            for name, pacs in self._configured.items()
        )

    async def get(self, name: str) -> ArchiveView:
        """One of them."""
        return next(view for view in await self.list() if view.name == self._checked(name))

    async def at_work(self) -> tuple[ArchiveAtWork, ...]:
        """Every configured PACS with its traffic of the last 24 hours."""
        views, recent = await self.list(), await self._traffic.recent()
        spans, now = await self._traffic.spans_of_all(SPAN_MINUTES), self._orders.clock()
        return tuple(
            at_work(view, spans.get(view.name, ()), recent.get(view.name, Recent()), now, self._zone) for view in views
        )

    async def one_at_work(self, name: str) -> ArchiveAtWork:
        """One of them."""
        self._checked(name)
        return next(each for each in await self.at_work() if each.view.name == name)

    async def traffic(self, name: str) -> tuple[Span, ...]:
        """Its last 24 hours, minute by minute."""
        return await self._traffic.spans(self._checked(name))

    async def echo(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        """Ask it whether it answers (C-ECHO)."""
        return await self._ordered(EchoPacs(pacs=self._checked(name)), user, wait)

    async def stop(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        """End all our traffic to it, until `start`."""
        return await self._ordered(StopPacs(pacs=self._checked(name), requested_by=user), user, wait)

    async def start(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        """Take up traffic again."""
        return await self._ordered(StartPacs(pacs=self._checked(name), requested_by=user), user, wait)

    async def limit(self, name: str, limits: LoadLimits | None, user: str = "", wait: float = 0) -> ArchiveView:
        """From now on these limits hold; None: the configured ones again."""
        order = LimitPacs(pacs=self._checked(name), limits=limits, requested_by=user, sent_at=self._orders.clock())
        return await self._ordered(order, user, wait)

    async def probe(self, name: str, user: str = "") -> ArchiveView:
        """Find out what it can do; that takes minutes, and is shown when it is done."""
        order = ProbePacs(pacs=self._checked(name), requested_by=user, sent_at=self._orders.clock())
        return await self._ordered(order, user, 0)

    async def _ordered(self, order: Order, user: str, wait: float) -> ArchiveView:
        with self._live.answers.answer_to(order.id) as answer:
            await self._orders.publish(order)
            audit(order.topic, user, pacs=order.pacs, **_about(order))
            if isinstance(order, LimitPacs | ProbePacs):
                await self._facts.hear(order)
            if wait > 0:
                try:
                    async with asyncio.timeout(wait):
                        heard = await answer
                except TimeoutError:
                    pass
                else:
                    await self.hear(heard)
        return await self.get(order.pacs)

    async def hear(self, fact: Fact) -> None:
        """Take up what came of it; an older fact that arrives late changes nothing."""
        if isinstance(fact, PacsTraffic):
            await self._traffic.hear(fact)
        elif isinstance(fact, PacsEchoed | PacsStopped | PacsStarted):
            await self._hear_of_peer(fact)
        else:
            await self._facts.hear(fact)

    async def _hear_of_peer(self, fact: PacsEchoed | PacsStopped | PacsStarted) -> None:
        moment, values = _values(fact)
        dialect = postgresql if self._state.dialect == "postgresql" else sqlite
        statement = dialect.insert(archives).values({"pacs": fact.pacs} | values)
        newer = archives.c[moment].is_(None) | (statement.excluded[moment] >= archives.c[moment])
        async with self._state.writing() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["pacs"], set_=values, where=newer))

    def _checked(self, name: str) -> str:
        if name not in self._configured:
            raise unknown_pacs(name, self._configured)
        return name


def _about(order: Order) -> dict[str, object]:
    """What the audit line says of new limits."""
    if not isinstance(order, LimitPacs):
        return {}
    return {"limits": order.limits.model_dump(mode="json") if order.limits else "configured"}


def _values(fact: PacsEchoed | PacsStopped | PacsStarted) -> tuple[str, dict[str, Any]]:
    """Which column orders facts of this kind, and what the fact sets."""
    if isinstance(fact, PacsEchoed):
        return "echoed_at", {
            "echoed_at": fact.sent_at,
            "answered": fact.answered,
            "milliseconds": fact.milliseconds,
            "problem": storable(fact.problem),
        }
    return "stopped_at", {
        "stopped_at": fact.sent_at,
        "stopped": isinstance(fact, PacsStopped),
        "stopped_by": fact.requested_by[:200],
    }
