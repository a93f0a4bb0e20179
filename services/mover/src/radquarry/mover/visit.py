"""One turn of work on one leased study: look what it consists of, have the missing sent, wait, compare, decide."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from radquarry.dicom.moving import MoveOrder
from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.errors import PeerAway, Postponed, Transient
from radquarry.mover.account import Account
from radquarry.mover.expectation import look
from radquarry.mover.leases import LeaseLost
from radquarry.mover.means import Means, Place
from radquarry.mover.next_step import Again, Attempt, NextStep, Paused, Settled, next_step, put_off, whole
from radquarry.mover.plan import Standing, orders
from radquarry.mover.port import Session
from radquarry.mover.priors import priors
from radquarry.mover.verdicts import Verdict, verdict, words
from radquarry.mover.wanted import Wanted
from radquarry.mover.watch import Eyes, Watch, ended

log = structlog.get_logger(__name__)

GO_ON = (Verdict.DONE, Verdict.PARTLY, Verdict.FAILED, Verdict.UNABLE)
"""After these the next order of the same study is still worth a try."""


MANY = 5
"""Instances of one visit that say how fast the PACS sends; a few say how long it takes to begin."""
LARGE_INSTANCE = 50_000_000
"""Bytes that hardly an instance has."""


@dataclass(frozen=True)
class Sent:
    """How the study stood before, what watched over its moves, bytes that were here before, and what the moves took."""

    before: Standing
    watch: Watch
    held: int
    seconds: float


class Visit:
    """Work on `wanted`, which is leased to `holder`. `is_well` as long as nothing is wrong with PACS or association."""

    def __init__(self, wanted: Wanted, holder: str, place: Place, means: Means) -> None:
        self._account = Account(wanted, holder, means)
        self._place = place
        self._means = means
        self._cut = ""
        self._register = place.registration("")
        self._free = asyncio.Event()
        self._lost: Exception | None = None
        self.is_well = True
        self._asking: asyncio.Task[NextStep | Sent] | None = None

    async def until_free(self) -> None:
        """The association may be used for another study."""
        await self._free.wait()

    async def lose(self, reason: Exception) -> None:
        """The association is taken away: what is under way on it ends, and the study is put off."""
        if self._asking is not None and not self._asking.done():
            self._lost = reason
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def run(self, session: Session) -> None:
        """Do it, holding on to the lease. Raises `PeerAway` when bus or state store do not answer, or it is lost."""
        work = asyncio.create_task(self._work(session))
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

    async def _work(self, session: Session) -> None:
        patience = self._means.patience
        try:
            step = await self._attempt(session)
        except Postponed as not_now:
            step = self._later(not_now)
        except PacsAway as away:
            step = put_off(self._account.wanted, patience.away, str(away), patience)
        except PacsRefuses as refusal:
            step = Settled("incomplete", str(refusal))
        await self._account.finish(await self._as_wished(step))
        self._means.bell.ring()

    def _later(self, not_now: Postponed) -> Again:
        """Without counting it: the workers know when anything may be begun again."""
        return Again(
            self._means.patience.away[0], str(not_now), self._account.wanted.attempts, self._account.wanted.delays
        )

    async def _attempt(self, session: Session) -> NextStep:
        self._asking = asyncio.create_task(self._ask(session))
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
        return await self._compare(asked) if isinstance(asked, Sent) else asked

    async def _ask(self, session: Session) -> "NextStep | Sent":
        """All for which the PACS is needed."""
        if self._must_look() and (settled := await self._look(session)) is not None:
            return settled
        before = await self._account.standing()
        if before.missing == 0:
            return whole(self._cut)
        if lack := await self._lack(before):
            return put_off(self._account.wanted, self._means.patience.away, lack, self._means.patience)
        begun, held = (
            time.monotonic(),
            await self._means.ledger.weight(*self._account.part[:2]) if before.received else 0,
        )
        watch = await self._have_it_sent(session, before)
        return Sent(before, watch, held, time.monotonic() - begun)

    async def _compare(self, sent: "Sent") -> NextStep:
        """Wait for what is still on its way to the ledger, and decide."""
        watch, before = sent.watch, sent.before
        if not watch.end.counts.is_nothing:
            await watch.until_quiet(before.expected)
        after = await self._account.standing()
        if after.received - before.received >= MANY:
            came = await self._means.ledger.weight(*self._account.part[:2]) - sent.held
            await self._means.experience.time(self._place.name, came, sent.seconds)
        if watch.not_now is not None and after.missing:
            return self._later(watch.not_now)
        attempt = Attempt(before.received, after, watch.end, watch.gave_up, self._cut, self._register)
        return next_step(self._account.wanted, attempt, self._means.patience)

    async def _lack(self, standing: Standing) -> str:
        """Why what is missing would not fit. How large it is, is looked up only where the room may be short."""
        if not await self._means.room.lack(standing.missing * LARGE_INSTANCE):
            return ""
        sizes = await self._means.experience.recent_sizes()
        modalities = await self._means.ledger.modalities(standing.study_instance_uid)
        lacking = ((one, len(one.missing) + one.unnamed) for one in standing.series)
        missing = sum(count * sizes.of(modalities.get(one.series_instance_uid, "")) for one, count in lacking)
        return await self._means.room.lack(missing)

    def _must_look(self) -> bool:
        looked_at = self._account.wanted.looked_at
        return looked_at is None or self._means.clock() - looked_at > timedelta(seconds=self._means.patience.look_again)

    async def _look(self, session: Session) -> NextStep | None:
        """Ask what the study consists of and write it down; a step where that settles it."""
        study = self._account.wanted.study_instance_uid
        expectation = await look(session, study, self._account.wanted.choice, self._account.wanted.only)
        self._cut = "; ".join(filter(None, [expectation.cut, await self._find_priors(session, expectation.held)]))
        await self._means.ledger.expect(study, expectation.series)
        self._account.wanted = replace(
            self._account.wanted,
            chosen=tuple(series.series_instance_uid for series in expectation.series),
            whole=len(expectation.series) == expectation.held and not expectation.cut and not self._account.wanted.only,
            looked_at=None if self._cut else self._means.clock(),
        )
        if expectation.held == 0 and not expectation.cut:
            self._account.wanted = replace(self._account.wanted, expected=0)
            return Settled("incomplete", "the PACS does not hold this study")
        if expectation.not_told:
            self._account.wanted = replace(self._account.wanted, expected=0)
            missing = f"the PACS does not tell {expectation.not_told}, which the choice is made by"
            return Settled("incomplete", f"{missing}: nothing was fetched")
        if not expectation.series and not self._cut:
            self._account.wanted = replace(self._account.wanted, expected=0)
            return Settled("complete", "no series of this study is among those wanted")
        return None

    async def _find_priors(self, session: Session, held: int) -> str:
        """Want the study's priors, too, where they are ordered; why they may not be all."""
        if self._account.wanted.priors is None or not held:
            return ""
        found = await priors(session, self._account.wanted.study_instance_uid, self._account.wanted.priors)
        await self._means.progress.say_first(self._account.wanted, found.rows)
        await self._means.orders.add_priors(self._account.wanted, found.rows)
        self._means.bell.ring()
        return f"its priors may be others: {found.cut}" if found.cut else ""

    async def _have_it_sent(self, session: Session, before: Standing) -> Watch:
        standing = await self._means.load.standing(self._place.name)
        eyes = Eyes(self._account.received, self._account.wish, standing.forbidden, self._means.arrivals)
        watch = Watch(session, self._place.stall_seconds, self._means.patience, eyes)
        self._register = self._place.registration(await session.address())
        for order in self._orders(before):
            if await self._account.wish() != "running":
                break
            log.info("ordered", pacs=self._place.name, study_instance_uid=order.study_instance_uid, level=order.level)
            written = asyncio.create_task(self._write_ordered(order))
            try:
                end = await watch.move(order)
            finally:
                await asyncio.wait({written})
            written.result()
            if end.status is not None and (named := end.failed_sop_instance_uids):
                await self._means.ledger.blame(order.study_instance_uid, named, words(end.status))
            if end.status is None or verdict(end.status) not in GO_ON:
                break
        return watch

    async def _write_ordered(self, order: MoveOrder) -> None:
        await self._means.ledger.order(order, self._means.clock())
        await self._account.say_running()

    def _orders(self, before: Standing) -> tuple[MoveOrder, ...]:
        wanted = self._account.wanted
        return orders(before, wanted.attempts, whole_study=wanted.whole, named_only=bool(wanted.only))

    async def _as_wished(self, step: NextStep) -> NextStep:
        """What people want goes before what the PACS needs; what is settled stays so."""
        if isinstance(step, Again):
            match await self._account.wish():
                case "paused":
                    return Paused()
                case "cancelled":
                    return Settled("cancelled")
        return step
