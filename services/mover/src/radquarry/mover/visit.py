"""One turn of work on one leased study: look what it consists of, have the missing sent, wait, compare, decide."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import structlog

from radquarry.dicom.moving import MoveOrder
from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.errors import PeerAway, Postponed
from radquarry.mover.expectation import look
from radquarry.mover.leases import LeaseLost
from radquarry.mover.means import Means, Place
from radquarry.mover.next_step import Again, Attempt, NextStep, Paused, Settled, next_step, put_off, whole
from radquarry.mover.plan import Standing, orders
from radquarry.mover.port import Session
from radquarry.mover.priors import priors
from radquarry.mover.verdicts import Verdict, verdict, words
from radquarry.mover.wanted import Wanted
from radquarry.mover.watch import Eyes, Watch

log = structlog.get_logger(__name__)

GO_ON = (Verdict.DONE, Verdict.PARTLY, Verdict.FAILED, Verdict.UNABLE)
"""After these the next order of the same study is still worth a try."""


class Visit:
    """Work on `wanted`, which is leased to `holder`."""

    def __init__(self, wanted: Wanted, holder: str, place: Place, means: Means) -> None:
        self._wanted = wanted
        self._holder = holder
        self._place = place
        self._means = means
        self._cut = ""
        self._register = place.registration("")
        self._said_at = 0.0

    async def run(self) -> None:
        """Do it, holding on to the lease. Raises `PeerAway` when bus or state store do not answer, or it is lost."""
        work = asyncio.create_task(self._work())
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=self._means.patience.lease / 3)
                if not work.done():
                    await self._renew()
            work.result()
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})

    async def _renew(self) -> None:
        try:
            await self._means.leases.renew(self._holder)
        except LeaseLost:
            raise
        except PeerAway:
            log.warning("the lease could not be renewed now", study_instance_uid=self._wanted.study_instance_uid)

    async def _work(self) -> None:
        patience = self._means.patience
        try:
            step = await self._attempt()
        except Postponed as not_now:
            step = self._later(not_now)
        except PacsAway as away:
            step = put_off(self._wanted, patience.away, str(away), patience)
        except PacsRefuses as refusal:
            step = Settled("incomplete", str(refusal))
        await self._finish(await self._as_wished(step))
        self._means.bell.ring()

    def _later(self, not_now: Postponed) -> Again:
        """Without counting it: the workers know when anything may be begun again."""
        return Again(self._means.patience.away[0], str(not_now), self._wanted.attempts, self._wanted.delays)

    async def _attempt(self) -> NextStep:
        async with self._means.load.slot(self._place.name) as gate, self._place.pacs.session(gate) as session:
            if self._must_look() and (settled := await self._look(session)) is not None:
                return settled
            before = await self._standing()
            if before.missing == 0:
                return whole(self._cut)
            if lack := await self._means.room.lack(await self._bytes_of(before)):
                return put_off(self._wanted, self._means.patience.away, lack, self._means.patience)
            await self._say_running()
            begun, held = time.monotonic(), await self._means.ledger.weight(*self._part[:2])
            watch = await self._have_it_sent(session, before)
        if not watch.end.counts.is_nothing:
            await watch.until_quiet(before.expected)
        after = await self._standing()
        came = await self._means.ledger.weight(*self._part[:2]) - held
        await self._means.experience.time(self._place.name, came, time.monotonic() - begun)
        if watch.not_now is not None and after.missing:
            return self._later(watch.not_now)
        attempt = Attempt(before.received, after, watch.end, watch.gave_up, self._cut, self._register)
        return next_step(self._wanted, attempt, self._means.patience)

    async def _bytes_of(self, standing: Standing) -> float:
        """About how large what is missing is."""
        sizes = await self._means.experience.recent_sizes()
        modalities = await self._means.ledger.modalities(standing.study_instance_uid)
        lacking = ((one, len(one.missing) + one.unnamed) for one in standing.series)
        return sum(count * sizes.of(modalities.get(one.series_instance_uid, "")) for one, count in lacking)

    def _must_look(self) -> bool:
        looked_at = self._wanted.looked_at
        return looked_at is None or self._means.clock() - looked_at > timedelta(seconds=self._means.patience.look_again)

    async def _look(self, session: Session) -> NextStep | None:
        """Ask what the study consists of and write it down; a step where that settles it."""
        study = self._wanted.study_instance_uid
        expectation = await look(session, study, self._wanted.choice, self._wanted.only)
        self._cut = "; ".join(filter(None, [expectation.cut, await self._find_priors(session, expectation.held)]))
        await self._means.ledger.expect(study, expectation.series)
        self._wanted = replace(
            self._wanted,
            chosen=tuple(series.series_instance_uid for series in expectation.series),
            whole=len(expectation.series) == expectation.held and not expectation.cut and not self._wanted.only,
            looked_at=None if self._cut else self._means.clock(),
        )
        if expectation.held == 0 and not expectation.cut:
            self._wanted = replace(self._wanted, expected=0)
            return Settled("incomplete", "the PACS does not hold this study")
        if expectation.not_told:
            self._wanted = replace(self._wanted, expected=0)
            missing = f"the PACS does not tell {expectation.not_told}, which the choice is made by"
            return Settled("incomplete", f"{missing}: nothing was fetched")
        if not expectation.series and not self._cut:
            self._wanted = replace(self._wanted, expected=0)
            return Settled("complete", "no series of this study is among those wanted")
        return None

    async def _find_priors(self, session: Session, held: int) -> str:
        """Want the study's priors, too, where they are ordered; why they may not be all."""
        if self._wanted.priors is None or not held:
            return ""
        found = await priors(session, self._wanted.study_instance_uid, self._wanted.priors)
        await self._means.progress.say_first(self._wanted, found.rows)
        await self._means.orders.add_priors(self._wanted, found.rows)
        self._means.bell.ring()
        return f"its priors may be others: {found.cut}" if found.cut else ""

    async def _have_it_sent(self, session: Session, before: Standing) -> Watch:
        standing = await self._means.load.standing(self._place.name)
        eyes = Eyes(self._received, self._wish, standing.forbidden, self._means.arrivals)
        watch = Watch(session, self._place.stall_seconds, self._means.patience, eyes)
        self._register = self._place.registration(await session.address())
        for order in self._orders(before):
            if await self._wish() != "running":
                break
            log.info(
                "C-MOVE", pacs=self._place.name, study_instance_uid=order.study_instance_uid, query_level=order.level
            )
            await self._means.ledger.order(order, self._means.clock())
            end = await watch.move(order)
            if end.status is not None:
                named = end.failed_sop_instance_uids
                await self._means.ledger.blame(order.study_instance_uid, named, words(end.status))
            if end.status is None or verdict(end.status) not in GO_ON:
                break
        return watch

    def _orders(self, before: Standing) -> tuple[MoveOrder, ...]:
        wanted = self._wanted
        return orders(before, wanted.attempts, whole_study=wanted.whole, named_only=bool(wanted.only))

    async def _wish(self) -> str | None:
        return await self._means.orders.wish_of(self._wanted.retrieval_id)

    async def _received(self) -> int:
        """Instances that are here; said aloud when there are more of them, now and then."""
        received = await self._means.ledger.received(*self._part)
        if received != self._wanted.received and time.monotonic() - self._said_at >= self._means.patience.say:
            self._wanted = replace(self._wanted, received=received)
            await self._say_running()
        return received

    @property
    def _part(self) -> tuple[str, tuple[str, ...], frozenset[str]]:
        """What the ledger is asked about."""
        return self._wanted.study_instance_uid, self._wanted.chosen, self._wanted.only

    async def _say_running(self) -> None:
        self._said_at = time.monotonic()
        self._wanted = await self._means.progress.say(self._wanted, "running")
        await self._means.leases.write(self._wanted, self._holder, **self._columns())

    async def _standing(self) -> Standing:
        standing = await self._means.ledger.standing(*self._part)
        self._wanted = replace(self._wanted, expected=standing.expected, received=standing.received)
        return standing

    async def _as_wished(self, step: NextStep) -> NextStep:
        """What people want goes before what the PACS needs; what is settled stays so."""
        if isinstance(step, Again):
            match await self._wish():
                case "paused":
                    return Paused()
                case "cancelled":
                    return Settled("cancelled")
        return step

    async def _finish(self, step: NextStep) -> None:
        wanted, progress = self._wanted, self._means.progress
        match step:
            case Settled():
                await self._means.experience.weigh(wanted.study_instance_uid)
                instances = await self._means.ledger.states(*self._part)
                self._wanted = await progress.settle(wanted, step, instances)
                await self._release()
            case Paused():
                self._wanted = await progress.say(wanted, "paused")
                await self._release(due=self._means.clock())
            case Again(wait, problem, attempts, delays):
                self._wanted = await progress.say(wanted, "waiting", problem)
                due = self._means.clock() + timedelta(seconds=wait)
                await self._release(due=due, attempts=attempts, delays=delays)

    async def _release(self, **columns: object) -> None:
        await self._means.leases.release(self._wanted, self._holder, **self._columns(), **columns)

    def _columns(self) -> dict[str, object]:
        wanted = self._wanted
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
