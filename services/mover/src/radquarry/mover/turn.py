"""Who may use the one association that several visits share."""

import asyncio
from collections.abc import Callable
from types import TracebackType


class TurnOver(Exception):  # noqa: N818 - nothing is wrong
    """The association is to be given back before this study's first move: it is left as it was."""


class Turn:
    """`async with turn:` has the association for itself. `goes_on` says whether another study may be begun over it."""

    def __init__(self, goes_on: Callable[[], bool]) -> None:
        self._lock = asyncio.Lock()
        self._goes_on = goes_on
        self._is_begun = False

    async def __aenter__(self) -> None:
        """Wait for it."""
        await self._lock.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The next one's."""
        self._lock.release()

    def begin(self) -> None:
        """A study's first move is about to leave; raises `TurnOver` when it may not. The very first always may."""
        if self._is_begun and not self._goes_on():
            raise TurnOver
        self._is_begun = True
