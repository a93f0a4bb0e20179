"""What a visit needs the PACS for: what the study consists of, and having sent what is missing of it."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from radquarry.dicom.moving import MoveOrder
from radquarry.dicom.peer import PacsRefuses
from radquarry.messages import SeriesChoice
from radquarry.mover.account import Account
from radquarry.mover.expectation import Expectation, counted, look
from radquarry.mover.means import Means, Place
from radquarry.mover.next_step import NextStep, Settled, put_off, whole
from radquarry.mover.plan import Standing, orders
from radquarry.mover.port import Session
from radquarry.mover.priors import priors
from radquarry.mover.turn import Turn
from radquarry.mover.verdicts import Verdict, verdict, words
from radquarry.mover.watch import Eyes, Watch

log = structlog.get_logger(__name__)

GO_ON = (Verdict.DONE, Verdict.PARTLY, Verdict.FAILED, Verdict.UNABLE)
"""After these the next order of the same study is still worth a try."""
LARGE_INSTANCE = 50_000_000
"""Bytes that hardly an instance has."""
WISH_LASTS = 0.2
"""Seconds in which what people want counts as asked just now."""


@dataclass(frozen=True)
class Sent:
    """How the study stood before, and how many of its instances are to be here when it is whole.

    What watched over its moves, bytes that were here before, and what the moves took.
    """

    before: Standing
    awaited: int
    watch: Watch
    held: int
    seconds: float


class Asking:
    """Of one study, over a session that it shares with others: one has its `turn` at a time.

    Between two turns the account is written, so that the association is not idle meanwhile. `cut` says why the PACS
    may hold more than it listed, `register` what it must know to send to us.

    At first a study is known by the numbers of its series' instances, from the order or from the PACS. They are
    believed when the PACS says that it has sent just so many; else it is asked for names, before anything is decided.
    `is_counted`: that was not necessary.
    """

    def __init__(self, account: Account, place: Place, means: Means, session: Session, turn: Turn) -> None:
        self._account = account
        self._place = place
        self._means = means
        self._session = session
        self._turn = turn
        self.cut = ""
        self.register = place.registration("")
        self.is_counted = False

    async def ask(self) -> NextStep | Sent:
        """All for which the PACS is needed.

        Raises `PacsAway`, `PacsRefuses`, `PacsStopped`, `OutsideWindows`, and `TurnOver`.
        """
        if self._must_look() and (settled := await self._look(by_number=self._is_first())) is not None:
            return settled
        before = await self._account.standing()
        if self.is_counted and before.received:
            # what is here is not asked for again, and that takes names
            if (settled := await self._look(by_number=False)) is not None:
                return settled
            before = await self._account.standing()
        if before.missing == 0:
            return whole(self.cut)
        if lack := await self._lack(before):
            return put_off(self._account.wanted, self._means.patience.away, lack, self._means.patience)
        held = await self._means.ledger.weight(*self._account.part[:2]) if before.received else 0
        try:
            sent = await self._have_it_sent(before, held)
        except PacsRefuses:
            if self.is_counted:
                await self._look(by_number=False)
            raise
        if self.is_counted and not _is_told(sent) and sent.watch.not_now is None:
            if (settled := await self._look(by_number=False)) is not None:
                return settled
            sent = replace(sent, awaited=(await self._account.standing()).expected)
        return sent

    def _must_look(self) -> bool:
        looked_at = self._account.wanted.looked_at
        return looked_at is None or self._means.clock() - looked_at > timedelta(seconds=self._means.patience.look_again)

    def _is_first(self) -> bool:
        """Of a whole study, of which nothing was tried and nothing came."""
        wanted = self._account.wanted
        is_untouched = not (wanted.attempts or wanted.delays or wanted.received)
        return is_untouched and not wanted.only and wanted.choice == SeriesChoice()

    async def _look(self, *, by_number: bool) -> NextStep | None:
        """Ask what the study consists of and write it down; a step where that settles it."""
        wanted = self._account.wanted
        study = wanted.study_instance_uid
        if by_number and wanted.listed:
            expectation = counted(wanted.listed)
        else:
            async with self._turn:
                expectation = await look(self._session, study, wanted.choice, wanted.only, by_number=by_number)
        self.cut = "; ".join(filter(None, [expectation.cut, await self._find_priors(expectation.held)]))
        self.is_counted = expectation.is_counted
        if not (by_number and wanted.listed):  # that was written down with the order
            moved = 0 if expectation.is_counted else self._account.name()
            await self._means.ledger.expect(study, expectation.series, moved)
        self._account.wanted = replace(
            self._account.wanted,
            chosen=tuple(series.series_instance_uid for series in expectation.series),
            whole=len(expectation.series) == expectation.held and not expectation.cut and not wanted.only,
            looked_at=None if self.cut or self.is_counted else self._means.clock(),
        )
        return self._settled(expectation)

    def _settled(self, expectation: Expectation) -> NextStep | None:
        step: NextStep | None = None
        if expectation.held == 0 and not expectation.cut:
            step = Settled("incomplete", "the PACS does not hold this study")
        elif expectation.not_told:
            missing = f"the PACS does not tell {expectation.not_told}, which the choice is made by"
            step = Settled("incomplete", f"{missing}: nothing was fetched")
        elif not expectation.series and not self.cut:
            step = Settled("complete", "no series of this study is among those wanted")
        if step is not None:
            self._account.wanted = replace(self._account.wanted, expected=0)
        return step

    async def _find_priors(self, held: int) -> str:
        """Want the study's priors, too, where they are ordered; why they may not be all."""
        wanted = self._account.wanted
        if wanted.priors is None or not held:
            return ""
        async with self._turn:
            found = await priors(self._session, wanted.study_instance_uid, wanted.priors)
        await self._means.progress.say_first(wanted, found.rows)
        await self._means.orders.add_priors(wanted, found.rows)
        self._means.bell.ring()
        return f"its priors may be others: {found.cut}" if found.cut else ""

    async def _lack(self, standing: Standing) -> str:
        """Why what is missing would not fit. How large it is, is looked up only where the room may be short."""
        if not await self._means.room.lack(standing.missing * LARGE_INSTANCE):
            return ""
        sizes = await self._means.experience.recent_sizes()
        modalities = await self._means.ledger.modalities(standing.study_instance_uid)
        lacking = ((one, len(one.missing) + one.unnamed) for one in standing.series)
        missing = sum(count * sizes.of(modalities.get(one.series_instance_uid, "")) for one, count in lacking)
        return await self._means.room.lack(missing)

    async def _have_it_sent(self, before: Standing, held: int) -> Sent:
        standing = await self._means.load.standing(self._place.name)
        eyes = Eyes(
            self._account.received,
            self._account.wish,
            standing.forbidden,
            self._means.arrivals.of(self._account.wanted.study_instance_uid),
            lambda: self._means.arrivals.behind,
        )
        watch = Watch(self._session, self._place.stall_seconds, self._means.patience, eyes)
        seconds = 0.0
        for number, order in enumerate(self._orders(before)):
            await self._account.wish(WISH_LASTS)
            async with self._turn:
                if number == 0:
                    self._turn.begin()
                if await self._account.wish(WISH_LASTS) != "running":
                    break
                self.register = self._place.registration(await self._session.address())
                begun = time.monotonic()
                written = self._begin_to_write_ordered(order)
                try:
                    end = await watch.move(order)
                except BaseException:
                    await asyncio.wait({written})
                    raise
                seconds += time.monotonic() - begun
            await asyncio.wait({written})
            written.result()
            if end.status is not None and (named := end.failed_sop_instance_uids):
                await self._means.ledger.blame(order.study_instance_uid, named, words(end.status))
            if end.status is None or verdict(end.status) not in GO_ON:
                break
        return Sent(before, before.expected, watch, held, seconds)

    def _begin_to_write_ordered(self, order: MoveOrder) -> "asyncio.Task[None]":
        """While the PACS sends, and beyond: what is written down holds up nobody who waits for a turn."""
        log.info("ordered", pacs=self._place.name, study_instance_uid=order.study_instance_uid, level=order.level)
        return asyncio.create_task(self._write_ordered(order))

    async def _write_ordered(self, order: MoveOrder) -> None:
        if self.is_counted:
            self._account.order_by_number()
        else:
            await self._means.ledger.order(order, self._means.clock())

    def _orders(self, before: Standing) -> tuple[MoveOrder, ...]:
        wanted = self._account.wanted
        return orders(before, wanted.attempts, whole_study=wanted.whole, named_only=bool(wanted.only))


def _is_told(sent: Sent) -> bool:
    """Whether the PACS says that it has sent as many as were expected, and none failed."""
    end = sent.watch.end
    if end.status is None or verdict(end.status) is not Verdict.DONE or end.counts.failed:
        return False
    return (end.counts.completed or 0) + (end.counts.warning or 0) == sent.before.expected
