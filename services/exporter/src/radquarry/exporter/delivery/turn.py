"""One turn of work on studies of a delivery: made ready, delivered, settled or put off."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

import structlog

from radquarry.errors import PeerAway, Permanent, Transient
from radquarry.exporter.delivery.consignment import Part
from radquarry.exporter.delivery.leases import Lease, LeaseLost
from radquarry.exporter.delivery.ledger import Expected
from radquarry.exporter.delivery.means import Means
from radquarry.exporter.delivery.progress import LEAP
from radquarry.exporter.runs.run import RunRefused
from radquarry.exporter.ways.port import Answer, Shipment, Staged
from radquarry.messages import DeliveryState, InstanceDelivery

AT_ONCE = 50
"""Answers that are written down together."""
GIVEN_UP = "given up after {attempts} attempts: {reason}"

log = structlog.get_logger(__name__)


class Turn:
    """Of the studies of one lease."""

    def __init__(self, lease: Lease, means: Means) -> None:
        self._of = lease.of
        self._holder = lease.holder
        self._means = means
        self._parts = {part.study_instance_uid: part for part in lease.parts}
        self._way = means.ways[lease.of.destination]
        self._went: Counter[str] = Counter()
        self._broke_off: dict[str, set[str]] = {}
        self._said_at = 0.0

    async def run(self) -> None:
        """To its end. Raises `LeaseLost`, and `PeerAway` when a server of ours is away."""
        try:
            await self._work()
        except PeerAway:
            raise
        except Transient as not_now:
            await self._put_off(not_now)
        except OSError as fault:
            await self._put_off(Transient(f"the exporter's own disk cannot be used: {fault.strerror}"))
        except RunRefused as fault:
            for part in self._parts.values():
                await self._end(part, str(fault))
        except Permanent as never:
            log.warning("a delivery fails", delivery_id=str(self._of.delivery_id), reason=str(never))
            await self._fail(str(never))
        except Exception as fault:  # noqa: BLE001 - a fault of ours is told and counted, instead of met again for ever
            log.error("a fault in a delivery", delivery_id=str(self._of.delivery_id), fault=type(fault).__name__)
            for part in self._parts.values():
                await self._end(part, f"a fault in radquarry ({type(fault).__name__})")
        finally:
            for study in self._parts:
                await self._means.staging.clear(self._of, study, self._holder)

    async def stop(self) -> None:
        """The delivery was cancelled: what has left has left."""
        for part in self._parts.values():
            await self._settle(part, "cancelled", "")

    async def _work(self) -> None:
        if self._of.attempts >= self._means.patience.attempts:
            await self._fail(GIVEN_UP.format(attempts=self._of.attempts, reason=self._of.problem))
            return
        for study, part in self._parts.items():
            self._parts[study] = await self._means.progress.say(await self._counted(part), "running")
        wanted = await self._means.ledger.pending(self._of, list(self._parts), whole=self._way.whole)
        files: list[Staged] = []
        for study in self._parts:
            files += await self._ready(study, [one for one in wanted if one.study_instance_uid == study])
        if files:
            await self._deliver(files)
        for part in self._parts.values():
            await self._end(part)

    async def _ready(self, study: str, wanted: Sequence[Expected]) -> list[Staged]:
        if not wanted:
            return []
        ready = await self._means.staging.make_ready(self._of, study, self._holder, wanted)
        await self._means.leases.renew(self._holder)  # who has lost it may have lost its files, too
        await self._means.names.note(self._of, ready.rows)
        await self._means.ledger.kept(self._of.delivery_id, ready.kept)
        by_uid = {one.sop_instance_uid: one for one in wanted}
        going = [(by_uid[file.sop_instance_uid], ready.values.get(file.sop_instance_uid, 0)) for file in ready.files]
        await self._means.ledger.goes(self._of.delivery_id, going)
        return ready.files

    async def _deliver(self, files: Sequence[Staged]) -> None:
        shipment = Shipment(self._of.delivery_id, self._of.parcels + 1, self._papers, self._holder)
        answers: list[Answer] = []
        noted_at = time.monotonic()
        try:
            async with aclosing(self._way.deliver(shipment, files)) as telling:
                async for answer in telling:
                    answers.append(answer)
                    late = time.monotonic() - noted_at > self._means.patience.say
                    if not self._way.whole and (late or len(answers) >= AT_ONCE):
                        await self._note(answers)
                        answers, noted_at = [], time.monotonic()
        finally:
            await self._note(answers)

    async def _papers(self, leaving: Sequence[Answer]) -> Path | None:
        await self._means.leases.renew(self._holder)  # the archive gets its name after this
        return (await self._means.papers.write(self._of, self._way, leaving)).folder

    async def _note(self, answers: Sequence[Answer]) -> None:
        if not await self._means.leases.holds(self._holder):  # what has arrived has, the rest is another one's to say
            answers = [one for one in answers if one.state in ("delivered", "taken")]
        if not answers:
            return
        parcel = self._of.parcels + 1 if self._way.whole else None
        await self._means.ledger.answered(self._of.delivery_id, answers, parcel)
        for one in answers:
            is_news = one.state == "delivered" or (one.state == "taken" and not one.file.was_taken)
            self._went[one.file.study_instance_uid] += is_news
            if one.broke_off:
                self._broke_off.setdefault(one.file.study_instance_uid, set()).add(one.file.sop_instance_uid)
        if self._went.total() and self._of.attempts:
            await self._means.orders.went(self._of.delivery_id)
            self._of = replace(self._of, attempts=0)
        if time.monotonic() - self._said_at >= self._means.patience.say:
            self._said_at = time.monotonic()
            for study in {one.file.study_instance_uid for one in answers}:
                said = await self._means.progress.say(await self._counted(self._parts[study]), "running")
                self._parts[study] = said
                if said.revision % (LEAP // 4) == 0:
                    await self._means.leases.said(said, self._holder)

    async def _put_off(self, not_now: Transient) -> None:
        """The destination takes nothing now: the whole delivery waits, as all its studies go there."""
        await self._means.leases.renew(self._holder)
        for study, instances in self._broke_off.items():
            await self._means.attempts.tried(self._of.delivery_id, study, instances)
        attempts = self._of.attempts + 1
        if attempts >= self._means.patience.attempts:
            await self._means.orders.put_off(self._of.delivery_id, attempts, 0, str(not_now))
            await self._fail(GIVEN_UP.format(attempts=attempts, reason=not_now))
            return
        seconds = max(self._means.patience.wait(attempts), not_now.after)
        log.info("a delivery waits", delivery_id=str(self._of.delivery_id), attempts=attempts, reason=str(not_now))
        again_at = await self._means.orders.put_off(self._of.delivery_id, attempts, seconds, str(not_now))
        for part in self._parts.values():
            said = await self._means.progress.say(await self._counted(part), "waiting", str(not_now), again_at)
            await self._means.leases.release(said, self._holder)

    async def _fail(self, reason: str) -> None:
        await self._means.leases.renew(self._holder)
        await self._means.attempts.fail(self._of.delivery_id, list(self._parts), reason)
        for part in self._parts.values():
            await self._end(part)

    async def _end(self, part: Part, fault: str = "") -> None:
        """Settled, or put off for what the destination did not take of it alone."""
        await self._means.leases.renew(self._holder)
        ledger, attempts = self._means.ledger, self._means.attempts
        study, delivery_id = part.study_instance_uid, self._of.delivery_id
        reason = fault or await ledger.reason(delivery_id, study)
        await attempts.tried(delivery_id, study)
        await attempts.fail_exhausted(delivery_id, study, reason)
        again_at = await attempts.due_at(delivery_id, study)
        if again_at is not None:
            said = await self._means.progress.say(await self._counted(part), "waiting", reason, again_at)
            await self._means.leases.release(said, self._holder, again_at)
            return
        told, _ = await ledger.states(delivery_id, study)
        delivered = sum(one.state == "delivered" for one in told)
        is_whole = delivered == (part.expected or 0) and not part.lack
        await self._settle(part, "complete" if is_whole else "incomplete", _summed(part, told))

    async def _settle(self, part: Part, state: DeliveryState, problem: str) -> None:
        told, _ = await self._means.ledger.states(self._of.delivery_id, part.study_instance_uid)
        ended = replace(await self._counted(part), state=state, problem=problem, again_at=None)
        said = await self._means.progress.settle(ended, told)
        await self._means.leases.release(said, self._holder)

    async def _counted(self, part: Part) -> Part:
        counts = await self._means.ledger.counts(self._of.delivery_id, part.study_instance_uid)
        return replace(part, delivered=counts.get("delivered", 0), held_back=counts.get("held back", 0))


def _summed(part: Part, told: Sequence[InstanceDelivery]) -> str:
    """What a study lacks, in a line: how many, and the most frequent reason of each kind."""
    words = []
    for state in ("held back", "missing", "failed"):
        reasons = Counter(one.problem for one in told if one.state == state)
        if reasons:
            (reason, _), *others = reasons.most_common()
            more = f" (and {len(others)} other reasons)" if others else ""
            words.append(f"{reasons.total()} {state}: {reason}{more}")
    if unnamed := (part.expected or 0) - len(told):
        words.append(f"{unnamed} that the retrieval could not name" if unnamed > 0 else "")
    return "; ".join(filter(None, [*words, part.lack]))


async def kept_up(turn: Turn, lease: Lease, means: Means) -> None:
    """Run a turn, holding the lease; ended when somebody cancels the delivery, or has taken it over."""
    work = asyncio.create_task(turn.run())
    keep = asyncio.create_task(_until_unwanted(lease, means))
    try:
        await asyncio.wait({work, keep}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            return
        work.cancel()
        await asyncio.wait({work})
        keep.result()
        await turn.stop()
    except LeaseLost:
        log.warning("another exporter has taken a study over", delivery_id=str(lease.of.delivery_id))
    finally:
        for task in (work, keep):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({work, keep})
        means.leases.forget(lease.holder)


async def _until_unwanted(lease: Lease, means: Means) -> None:
    """Until the delivery is not wanted any more. Raises `LeaseLost`."""
    renewed = time.monotonic()
    while await means.leases.wish_of(lease.of.delivery_id) == "running":
        if time.monotonic() - renewed > means.patience.lease / 4:
            await means.leases.renew(lease.holder)
            renewed = time.monotonic()
        await means.bell.wait(means.patience.idle)
