"""One turn of work on one leased study: look what it consists of, have the missing sent, wait, compare, decide."""

import asyncio

import structlog

from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.errors import PeerAway, Postponed, Transient
from radquarry.mover.account import Account
from radquarry.mover.asking import Asking, Sent
from radquarry.mover.leases import LeaseLost
from radquarry.mover.means import Means, Place
from radquarry.mover.next_step import Again, Attempt, NextStep, Paused, Settled, given_up, next_step, put_off
from radquarry.mover.plan import Standing
from radquarry.mover.port import Session
from radquarry.mover.turn import Turn
from radquarry.mover.wanted import Wanted
from radquarry.mover.watch import ended

log = structlog.get_logger(__name__)

MANY = 5
"""Instances of one visit that say how fast the PACS sends; a few say how long it takes to begin."""


class Visit:
    """Work on `wanted`, which is leased to `holder`. `is_well` as long as nothing is wrong with PACS or association."""

    def __init__(self, wanted: Wanted, holder: str, place: Place, means: Means) -> None:
        self._account = Account(wanted, holder, means)
        self._place = place
        self._means = means
        self._free = asyncio.Event()
        self._lost: Exception | None = None
        self.is_well = True
        self._asking: asyncio.Task[NextStep | Sent] | None = None
        self._after: Standing | None = None

    async def until_free(self) -> None:
        """The association may be used for another study."""
        await self._free.wait()

    async def lose(self, reason: Exception) -> None:
        """The association is taken away: what is under way on it ends, and the study is put off."""
        if self._asking is not None and not self._asking.done():
            self._lost = reason
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def run(self, session: Session, turn: Turn) -> None:
        """Do it over the session, one `turn` at a time, holding on to the lease.

        Raises `PeerAway` when bus or state store do not answer, or the lease is lost, and `TurnOver`.
        """
        work = asyncio.create_task(self._work(Asking(self._account, self._place, self._means, session, turn)))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=self._means.patience.lease / 3)
                if not work.done():
                    await self._renew(work)
            work.result()
        finally:
            await ended(work)
            if not work.cancelled():
                work.exception()  # looked at: what made us end is raised, not what came of that
            self._free.set()

    async def _renew(self, work: "asyncio.Task[None]") -> None:
        try:
            await self._account.renew()
        except LeaseLost:
            await asyncio.wait({work}, timeout=self._means.patience.lease / 3)
            if not work.done():  # else it had just let it go itself
                raise
        except PeerAway:
            log.warning(
                "the lease could not be renewed now", study_instance_uid=self._account.wanted.study_instance_uid
            )

    async def _work(self, asking: Asking) -> None:
        patience = self._means.patience
        try:
            step = await self._attempt(asking)
        except Postponed as not_now:
            step = self._later(not_now)
        except PacsAway as away:
            step = put_off(self._account.wanted, patience.away, str(away), patience)
        except PacsRefuses as refusal:
            step = Settled("incomplete", str(refusal))
        await self._account.finish(await self._as_wished(step), self._after)
        self._means.bell.ring()

    def _later(self, not_now: Postponed) -> Again:
        """Without counting it: the workers know when anything may be begun again."""
        return Again(
            self._means.patience.away[0], str(not_now), self._account.wanted.attempts, self._account.wanted.delays
        )

    async def _attempt(self, asking: Asking) -> NextStep:
        self._asking = asyncio.create_task(asking.ask())
        try:
            asked = await self._asking
        except asyncio.CancelledError:
            self.is_well = False
            if self._lost is None:
                await ended(self._asking)
                raise
            raise self._lost from None
        except (Transient, PacsRefuses):
            self.is_well = False
            raise
        finally:
            self._free.set()
        return await self._compare(asked, asking) if isinstance(asked, Sent) else asked

    async def _compare(self, sent: Sent, asking: Asking) -> NextStep:
        """Wait for what is still on its way to the ledger, and decide."""
        watch, before = sent.watch, sent.before
        if not watch.end.counts.is_nothing:
            await watch.until_quiet(sent.awaited)
        self._after = after = await self._account.standing()
        if after.received - before.received >= MANY:
            came = await self._means.ledger.weight(*self._account.part[:2]) - sent.held
            await self._means.experience.time(self._place.name, came, sent.seconds)
        if watch.not_now is not None and after.missing:
            return self._later(watch.not_now)
        if asking.is_counted and not after.missing:
            self._account.confirm()
        attempt = Attempt(before.received, after, watch.end, watch.gave_up, asking.cut, asking.register)
        return next_step(self._account.wanted, attempt, self._means.patience)

    async def _as_wished(self, step: NextStep) -> NextStep:
        """What people want goes before what the PACS needs; what is settled stays so."""
        if isinstance(step, Again):
            match await self._account.wish():
                case "paused":
                    return Paused()
                case "cancelled":
                    return Settled("cancelled")
                case "given up":
                    return Settled(
                        "incomplete", given_up(self._account.wanted, self._account.wanted.problem or step.problem)
                    )
        return step
