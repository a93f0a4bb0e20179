"""What the finder remembers of the portions of lists and queries, and of the lists a RIS gives bit by bit."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.finder.crawl_counts import Progress
from radquarry.finder.pieces import Ending, Pieces, Standing
from radquarry.finder.tables import portions, portions_found, portions_listed
from radquarry.messages import FindQueries, FindRows, RowResult, RowsListed
from radquarry.state.store import State

PortionOrder = FindRows | FindQueries

RESULTS = TypeAdapter(tuple[RowResult, ...])
ORDER: TypeAdapter[PortionOrder] = TypeAdapter(PortionOrder)


@dataclass(frozen=True)
class ClosedPortion:
    """How a portion ended. `studies` counts those no other portion of the crawl found before."""

    results: tuple[RowResult, ...]
    studies: int = 0
    queries: int = 0
    is_unasked: bool = False


class PortionLedger:
    """Portions, beside the windows of `Ledger`. Every write may come twice."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._pieces = Pieces(state, portions, "results", portions_found)

    async def standing(self, order: PortionOrder) -> Standing:
        """Whether there is anything left to ask."""
        return await self._pieces.standing(_place(order))

    async def claimed_elsewhere(self, order: PortionOrder, uids: Collection[str]) -> set[str]:
        """Those of `uids` that another portion has announced."""
        return await self._pieces.claimed_elsewhere(_place(order), uids)

    async def close(
        self, order: PortionOrder, visit: ClosedPortion, uids: Collection[str]
    ) -> tuple[ClosedPortion, Progress]:
        """Close the portion, unless it is; either way how it stands closed, and where the crawl stands now."""
        ending = Ending(
            studies=0,
            queries=visit.queries,
            outcome=RESULTS.dump_json(visit.results).decode(),
            has_gaps=any(result.is_gap for result in visit.results),
            unasked=order.model_dump_json() if visit.is_unasked else None,
        )
        closed, progress = await self._pieces.close(_place(order), ending, uids)
        results = RESULTS.validate_json(closed.outcome)
        return ClosedPortion(results, closed.studies, closed.queries, is_unasked=closed.unasked is not None), progress

    async def listed(self, listed: RowsListed, count: int) -> int | None:
        """A RIS gave a part of its list, `count` portions; how many there are in all, once every part has come."""
        row = {"crawl_id": listed.crawl_id, "listing": listed.portion, "portions": count, "is_last": listed.is_last}
        async with self._state.writing() as connection:
            await self._state.upsert(connection, portions_listed, [row])
            chosen = select(portions_listed).where(portions_listed.c.crawl_id == listed.crawl_id)
            rows = (await connection.execute(chosen)).all()
        end = next((each.listing for each in rows if each.is_last), None)
        return None if end is None or len(rows) <= end else sum(each.portions for each in rows)

    async def reopen(self, connection: AsyncConnection, crawl_id: UUID) -> list[PortionOrder]:
        """What closed unasked is open again: the orders for it."""
        return [ORDER.validate_json(order) for order in await self._pieces.reopen(connection, crawl_id)]

    async def forget_studies(self, connection: AsyncConnection, crawl_id: UUID) -> None:
        """Which portion found which study is needed no more."""
        await self._pieces.forget_studies(connection, crawl_id)


def _place(order: PortionOrder) -> dict[str, Any]:
    return {"crawl_id": order.crawl_id, "portion": order.portion}
