"""Wakes whoever waits for something to happen in this process; other processes are heard of by looking."""

import asyncio
from collections.abc import Iterable
from weakref import WeakValueDictionary

MOST_BEHIND = 30.0
"""Seconds; what is told again after a restart came long ago."""


class Ring:
    """The next ring of a bell: it is heard although it came while one still looked."""

    def __init__(self, rung: asyncio.Event) -> None:
        self._rung = rung

    async def wait(self, seconds: float) -> bool:
        """Until it comes, at most that long; whether it has come."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        return True


class Bell:
    """Many may wait, each with its own patience."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something happened: everybody looks."""
        self._rung.set()
        self._rung = asyncio.Event()

    def next_ring(self) -> Ring:
        """To be asked for before one looks."""
        return Ring(self._rung)


class News:
    """Of one study: whether instances of it were entered in the ledger since somebody last waited for that."""

    def __init__(self) -> None:
        self._bell = Bell()
        self._next = self._bell.next_ring()

    def come(self) -> None:
        """Some were."""
        self._bell.ring()

    async def wait(self, seconds: float) -> None:
        """Until there are some, at most that long; at once where there have been."""
        if await self._next.wait(seconds):
            self._next = self._bell.next_ring()


class Arrivals:
    """Tells of instances that were entered in the ledger; `behind` is how many seconds after they were announced."""

    def __init__(self) -> None:
        self.behind = 0.0
        self._wanted: WeakValueDictionary[str, News] = WeakValueDictionary()

    def of(self, study_instance_uid: str) -> News:
        """What comes of one study from now on, as long as somebody keeps this."""
        return self._wanted.setdefault(study_instance_uid, News())

    def entered(self, study_instance_uids: Iterable[str], behind: float) -> None:
        """Some of these studies were, that late."""
        self.behind = min(max(0.0, behind), MOST_BEHIND)
        for uid in study_instance_uids:
            if (news := self._wanted.get(uid)) is not None:
                news.come()
