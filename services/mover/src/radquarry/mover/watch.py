"""Looks after running moves: what arrives, what people want, and when the PACS has had time enough."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from radquarry.dicom.moving import Counts, MoveEnd, MoveOrder
from radquarry.errors import Postponed
from radquarry.mover.bell import News
from radquarry.mover.patience import Patience
from radquarry.mover.port import Session

STOP = ("cancelled", "given up")
"""What people want, for which a move that runs is stopped."""


@dataclass(frozen=True)
class Eyes:
    """What a watch looks at.

    `received` counts instances that are here, `wish` says what people want, `forbidden` why nothing may be asked now.
    `news` is of the study, from before its first move; `behind` says how many seconds late it is.
    """

    received: Callable[[], Awaitable[int]]
    wish: Callable[[], Awaitable[str | None]]
    forbidden: Callable[[], Postponed | None]
    news: News
    behind: Callable[[], float]


class Watch:
    """Over the moves of one visit.

    `end` is how the last one ended, `gave_up` why we ended it, `not_now` the same where the PACS may not be loaded now.
    """

    def __init__(self, session: Session, stall_seconds: float, patience: Patience, eyes: Eyes) -> None:
        self._session = session
        self._stall_seconds = stall_seconds
        self._patience = patience
        self._eyes = eyes
        self._begun: float | None = None
        self._seen = -1
        self._news_at = 0.0
        self._counts = Counts()
        self.end = MoveEnd(None)
        self.gave_up = ""
        self.not_now: Postponed | None = None

    async def move(self, order: MoveOrder) -> MoveEnd:
        """Have the PACS send, to the end; it is stopped when it stalls, takes too long, or nobody wants it any more."""
        self._news_at = time.monotonic()
        self._begun = self._begun or self._news_at
        moving = asyncio.create_task(self._session.move(order, self._hear))
        try:
            while not moving.done():
                await asyncio.wait({moving}, timeout=self._patience.poll)
                if not moving.done() and (reason := await self._reason_to_stop()):
                    self.gave_up = reason
                    await self._stop(moving)
            self.end = MoveEnd(None) if moving.cancelled() else moving.result()
        except asyncio.CancelledError:
            await self._session.give_up()  # a PACS that is deaf to the abort that follows may heed the C-CANCEL
            raise
        finally:
            await ended(moving)
        return self.end

    async def until_quiet(self, expected: int) -> None:
        """Wait until all instances are here, or none has come for a while: longer where the ledger is behind.

        To be called when some were missing before the first move: the ledger is looked at when it has something new.
        """
        self._news_at = time.monotonic()
        left = self._patience.quiet
        while left > 0:
            await self._eyes.news.wait(min(left, self._patience.poll))
            if await self._look() >= expected:
                return
            patience = self._patience.quiet + 2 * self._eyes.behind()
            left = patience - (time.monotonic() - self._news_at)

    async def _reason_to_stop(self) -> str:
        await self._look()
        if (unwanted := await self._eyes.wish()) in STOP:
            return f"it was {unwanted}"
        if (not_now := self._eyes.forbidden()) is not None:
            self.not_now = not_now
            return str(not_now)
        now = time.monotonic()
        if now - self._news_at > self._stall_seconds:
            return f"the PACS sent nothing for {self._stall_seconds:.0f} s and was stopped"
        if now - (self._begun or now) > self._patience.study:
            return f"the PACS was not done after {self._patience.study:.0f} s and was stopped"
        return ""

    async def _look(self) -> int:
        received = await self._eyes.received()
        if received != self._seen:
            self._seen = received
            self._news_at = time.monotonic()
        return received

    async def _stop(self, moving: "asyncio.Task[MoveEnd]") -> None:
        await self._session.give_up()
        await asyncio.wait({moving}, timeout=self._patience.cancel)
        await ended(moving)

    def _hear(self, counts: Counts) -> None:
        """Called in the association's thread."""
        if counts != self._counts:
            self._counts = counts
            self._news_at = time.monotonic()


async def ended(moving: "asyncio.Task[Any]") -> None:
    """Cancel it, which aborts the association, and wait until it has."""
    if not moving.done():
        moving.cancel()
        await asyncio.wait({moving})
