"""What the finder remembers of its crawls, so that a message that comes twice counts once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from radquarry.finder.crawl_counts import CrawlCounts, Progress
from radquarry.finder.pieces import Ending, Pieces, Standing
from radquarry.finder.portion_ledger import PortionLedger
from radquarry.finder.tables import found, windows
from radquarry.messages import Command, FindWindow, Gap
from radquarry.state.store import State

GAPS = TypeAdapter(tuple[Gap, ...])

__all__ = ["Closed", "Ledger", "Progress", "Standing"]


@dataclass(frozen=True)
class Closed:
    """How a window ended. `studies` counts those no other window of the crawl found before.

    `is_unasked`: the crawl was cancelled before, and the window is asked when it is resumed.
    """

    studies: int = 0
    queries: int = 0
    gaps: tuple[Gap, ...] = ()
    is_unasked: bool = False


class Ledger:
    """The finder's tables. Every write may come twice."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._counts = CrawlCounts(state)
        self._windows = Pieces(state, windows, "gaps", found)
        self.portions = PortionLedger(state)

    async def plan(self, crawl_id: UUID, planned: int) -> Progress:
        """The crawl has so many windows or portions."""
        async with self._state.writing() as connection:
            return await self._counts.write(connection, crawl_id, windows_planned=planned)

    async def cancel(self, crawl_id: UUID, at: datetime | None = None) -> Progress:
        """No further window of the crawl is to be asked, unless it was resumed after `at`."""
        async with self._state.writing() as connection:
            return await self._counts.switch(connection, crawl_id, at or datetime.now(UTC), is_cancelled=True)

    async def resume(self, crawl_id: UUID, at: datetime) -> tuple[Progress, list[Command]]:
        """What closed unasked is open again: the orders for it. Nothing happens if it was cancelled after `at`."""
        async with self._state.writing() as connection:
            progress = await self._counts.switch(connection, crawl_id, at, is_cancelled=False)
            if progress.is_cancelled:
                return progress, []
            orders: list[Command] = [
                FindWindow.model_validate_json(order) for order in await self._windows.reopen(connection, crawl_id)
            ]
            orders += await self.portions.reopen(connection, crawl_id)
            return await self._counts.write(connection, crawl_id), orders

    async def progress(self, crawl_id: UUID) -> Progress | None:
        """None for a crawl nobody has begun here."""
        async with self._state.reading() as connection:
            return await self._counts.read(connection, crawl_id)

    async def standing(self, order: FindWindow) -> Standing:
        """Whether there is anything left to ask."""
        return await self._windows.standing(_place(order))

    async def close(self, order: FindWindow, visit: Closed, uids: Collection[str]) -> tuple[Closed, Progress]:
        """Close the window, unless it is; either way how it stands closed, and where the crawl stands now.

        `visit.studies` is not looked at: it is counted which of `uids` no other window has.
        """
        ending = Ending(
            studies=0,
            queries=visit.queries,
            outcome=GAPS.dump_json(visit.gaps).decode(),
            has_gaps=bool(visit.gaps),
            unasked=order.model_dump_json() if visit.is_unasked else None,
        )
        closed, progress = await self._windows.close(_place(order), ending, uids)
        gaps = GAPS.validate_json(closed.outcome)
        return Closed(closed.studies, closed.queries, gaps, is_unasked=closed.unasked is not None), progress

    async def forget_studies(self, crawl_id: UUID) -> None:
        """Nothing is left to ask: which window found which study is needed no more."""
        async with self._state.writing() as connection:
            await self._windows.forget_studies(connection, crawl_id)
            await self.portions.forget_studies(connection, crawl_id)


def _place(order: FindWindow) -> dict[str, Any]:
    return {"crawl_id": order.crawl_id, "day": order.day, "modality": order.modality}
