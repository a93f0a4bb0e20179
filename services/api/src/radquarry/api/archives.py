"""The PACS as peers: what they are configured as, whether they answer, whether we are stopped."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.live import Live
from radquarry.api.orders import Orders
from radquarry.api.problems import unknown_pacs
from radquarry.api.storable import storable
from radquarry.api.tables import archives
from radquarry.configuration.sections import Pacs
from radquarry.messages import EchoPacs, PacsEchoed, PacsStarted, PacsStopped, StartPacs, StopPacs
from radquarry.state.store import State

ArchiveState = Literal["unknown", "up", "down", "stopped"]


@dataclass(frozen=True)
class ArchiveView:
    """One PACS. `problem` is what to mend when its last C-ECHO found no answer."""

    name: str
    ae_title: str
    host: str
    port: int
    state: ArchiveState
    stopped_by: str
    stopped_at: datetime | None
    echoed_at: datetime | None
    milliseconds: float | None
    problem: str
    associations: int
    studies_per_hour: int | None
    windows: tuple[str, ...]


class Archives:
    """The configured PACS, and the administrator's buttons."""

    def __init__(self, state: State, orders: Orders, live: Live, configured: Mapping[str, Pacs]) -> None:
        self._state = state
        self._orders = orders
        self._live = live
        self._configured = configured

    @property
    def names(self) -> tuple[str, ...]:
        """In the order of the configuration."""
        return tuple(self._configured)

    async def list(self) -> tuple[ArchiveView, ...]:
        """Every configured PACS."""
        async with self._state.reading() as connection:
            rows = {row.pacs: row for row in await bulk.fetch(connection, select(archives))}
        return tuple(_view(name, pacs, rows.get(name)) for name, pacs in self._configured.items())

    async def get(self, name: str) -> ArchiveView:
        """One of them."""
        return next(view for view in await self.list() if view.name == self._checked(name))

    async def echo(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        """Ask it whether it answers (C-ECHO)."""
        return await self._ordered(EchoPacs(pacs=self._checked(name)), user, wait)

    async def stop(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        """End all our traffic to it, until `start`."""
        return await self._ordered(StopPacs(pacs=self._checked(name), requested_by=user), user, wait)

    async def start(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        """Take up traffic again."""
        return await self._ordered(StartPacs(pacs=self._checked(name), requested_by=user), user, wait)

    async def _ordered(self, order: EchoPacs | StopPacs | StartPacs, user: str, wait: float) -> ArchiveView:
        with self._live.answer_to(order.id) as answer:
            await self._orders.publish(order)
            audit(order.topic, user, pacs=order.pacs)
            if wait > 0:
                try:
                    async with asyncio.timeout(wait):
                        heard = await answer
                except TimeoutError:
                    pass
                else:
                    await self.hear(heard)
        return await self.get(order.pacs)

    async def hear(self, fact: PacsEchoed | PacsStopped | PacsStarted) -> None:
        """Take up what came of it; an older fact that arrives late changes nothing."""
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


def _view(name: str, pacs: Pacs, row: "bulk.Found | None") -> ArchiveView:
    stopped = row is not None and row.stopped
    return ArchiveView(
        name=name,
        ae_title=pacs.ae_title,
        host=pacs.host,
        port=pacs.port,
        state=_state(row),
        stopped_by=row.stopped_by if row is not None and stopped else "",
        stopped_at=row.stopped_at if row is not None and stopped else None,
        echoed_at=row.echoed_at if row is not None else None,
        milliseconds=row.milliseconds if row is not None else None,
        problem=row.problem if row is not None else "",
        associations=pacs.load.associations,
        studies_per_hour=pacs.load.studies_per_hour,
        windows=pacs.load.windows.lines,
    )


def _state(row: "bulk.Found | None") -> ArchiveState:
    if row is None:
        return "unknown"
    if row.stopped:
        return "stopped"
    if row.echoed_at is None:
        return "unknown"
    return "up" if row.answered else "down"
