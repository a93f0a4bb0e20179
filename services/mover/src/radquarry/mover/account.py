"""A study as one retrieval wants it, while it is leased: its row, what was said of it, and where it stands."""

import time
from dataclasses import replace
from datetime import timedelta

from radquarry.mover.ledger import confirmed, ordered_by_number, states_of
from radquarry.mover.means import Means
from radquarry.mover.next_step import Again, NextStep, Paused, Settled
from radquarry.mover.orders import Wish
from radquarry.mover.plan import Standing
from radquarry.mover.sizes import weighed
from radquarry.mover.wanted import Wanted
from radquarry.state.store import Written


class Account:
    """Of `wanted`, leased to `holder`. What is said is published first; the last word is then written down.

    What is said meanwhile is not: who takes the study up after us begins with a revision beyond all of it.
    """

    def __init__(self, wanted: Wanted, holder: str, means: Means) -> None:
        self.wanted = wanted
        self._holder = holder
        self._means = means
        self._said_at = time.monotonic()
        self._by_number: Written | None = None
        self._is_counted = False
        self._wish: Wish | None = "running"  # else it would not have been leased
        self._wished_at = time.monotonic()

    @property
    def part(self) -> tuple[str, tuple[str, ...], frozenset[str]]:
        """What the ledger is asked about."""
        return self.wanted.study_instance_uid, self.wanted.chosen, self.wanted.only

    async def renew(self) -> None:
        """Hold on; raises `LeaseLost`."""
        await self._means.leases.renew(self._holder)

    async def wish(self, age: float = 0.0) -> str | None:
        """What people want of the retrieval now; "given up" when they want this study of it no more.

        An answer of at most that `age` (seconds) is not asked for again.
        """
        asked_at = time.monotonic()
        if asked_at - self._wished_at > age:
            self._wish, given_up = await self._means.orders.wish_for(self.wanted)
            self._wished_at = asked_at
            self.wanted = replace(self.wanted, given_up=given_up)
        return "given up" if self.wanted.given_up and self._wish != "cancelled" else self._wish

    async def standing(self) -> Standing:
        """Where it stands; that is the row's, too, when it is next written."""
        standing = await self._means.ledger.standing(*self.part)
        self.wanted = replace(self.wanted, expected=standing.expected, received=standing.received)
        return standing

    async def received(self) -> int:
        """Instances that are here; how it goes on is said now and then, of what takes a moment only its end."""
        received = await self._means.ledger.received(*self.part)
        is_news = received != self.wanted.received or self.wanted.state != "running"
        if is_news and time.monotonic() - self._said_at >= self._means.patience.say:
            self._said_at = time.monotonic()
            self.wanted = replace(self.wanted, received=received)
            self.wanted = await self._means.progress.say(self.wanted, "running")
        return received

    async def finish(self, step: NextStep, standing: Standing | None = None) -> None:
        """Say what becomes of it, and let it go; `standing` is where it stands, if that was just looked up."""
        match step:
            case Settled():
                standing = standing or await self._means.ledger.standing(*self.part)
                instances = states_of(standing, is_counted=self._is_counted)
                self.wanted = await self._means.progress.settle(self.wanted, step, instances)
                await self._release(weighed(self.wanted.study_instance_uid))
            case Paused():
                self.wanted = await self._means.progress.say(self.wanted, "paused")
                await self._release(due=self._means.clock())
            case Again(wait, problem, attempts, delays):
                self.wanted = await self._means.progress.say(self.wanted, "waiting", problem)
                due = self._means.clock() + timedelta(seconds=wait)
                await self._release(due=due, attempts=attempts, delays=delays)

    def order_by_number(self) -> None:
        """The PACS is asked for all of it, and its instances have no names yet; written with the last word."""
        self._by_number = ordered_by_number(self.wanted.study_instance_uid)

    def name(self) -> int:
        """Its instances get names: how many orders by number there were that are not written down."""
        moved, self._by_number = int(self._by_number is not None), None
        return moved

    def confirm(self) -> None:
        """What is here is what was ordered by its number, and all of it; written with the last word."""
        self._by_number = confirmed(self.wanted.study_instance_uid, self._means.clock())
        self._is_counted = True

    async def _release(self, *also: Written, **columns: object) -> None:
        also = also if self._by_number is None else (self._by_number, *also)
        await self._means.leases.release(self.wanted, self._holder, *also, **self._columns(), **columns)

    def _columns(self) -> dict[str, object]:
        wanted = self.wanted
        return {
            "state": wanted.state,
            "looked_at": wanted.looked_at,
            "chosen": " ".join(wanted.chosen),
            "whole": wanted.whole,
            "expected": wanted.expected,
            "received": wanted.received,
            "problem": wanted.problem,
            "revision": wanted.revision,
        }
