"""Associations are kept, bounded, given back and cut off."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from pydicom import Dataset

from radquarry.dicom.finding import Question, find
from radquarry.dicom.passage import Gate, OpenGate
from radquarry.dicom.peer import PacsAway, PacsRefuses, PacsStopped, Peer
from radquarry.errors import PeerAway
from radquarry.finder.lines import Line, Lines, LinesBusy
from tests.finder.answering import answering, study_row


class Slots:
    """A load in memory: counts the slots held, and can be stopped."""

    def __init__(self, width: int = 1) -> None:
        self._width = width
        self._free = asyncio.Semaphore(width)
        self.held = 0
        self.taken = 0
        self.holders: dict[asyncio.Task, OpenGate] = {}
        self.is_down = False

    def associations(self, pacs: str) -> int:
        return self._width

    @asynccontextmanager
    async def slot(self, pacs: str, *, for_a_person: bool = False) -> AsyncIterator[Gate]:
        if self.is_down:
            raise PacsStopped(f"traffic to {pacs} is stopped", after=30)
        async with self._free:
            task, gate = asyncio.current_task(), OpenGate()
            assert task is not None
            self.holders[task] = gate
            self.held += 1
            self.taken += 1
            try:
                yield gate
            except asyncio.CancelledError:
                if gate.lost and task.uncancel() == 0:
                    raise gate.lost from None
                raise
            finally:
                self.held -= 1
                del self.holders[task]

    async def stop(self, pacs: str, requested_by: str) -> None:
        self.is_down = True
        for holder, gate in self.holders.items():
            gate.lost = PacsStopped(f"traffic to {pacs} is stopped", after=30)
            holder.cancel()

    async def start(self, pacs: str) -> None:
        self.is_down = False

    async def is_stopped(self, pacs: str) -> bool:
        return self.is_down


def on_find(event):
    yield 0xFF00, study_row(1)


def question() -> Question[str]:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    return Question(identifier, lambda row: row.uid("StudyInstanceUID"))


async def ask(line: Line) -> tuple[str, ...]:
    return (await line.run(partial(find, question=question()))).items


async def test_visits_share_one_association_and_one_slot():
    slots = Slots()
    with answering(on_find) as peer:
        async with Lines(peer, slots) as lines:
            answers = await asyncio.gather(*(lines.use(ask) for _ in range(10)))
    assert answers == [("1.2.3.1",)] * 10
    assert (slots.taken, slots.held) == (1, 0)


async def test_an_idle_line_gives_its_slot_back():
    slots = Slots()
    with answering(on_find) as peer:
        async with Lines(peer, slots) as lines:
            await lines.use(ask)
            async with asyncio.timeout(5), slots.slot("main"):
                pass
            await lines.use(ask)
    assert slots.taken == 3


async def test_no_more_lines_are_open_than_allowed():
    slots, both = Slots(2), asyncio.Barrier(2)
    most = 0

    async def visit(line: Line) -> None:
        nonlocal most
        most = max(most, slots.held)
        await asyncio.wait_for(both.wait(), 5)

    with answering(on_find) as peer:
        async with Lines(peer, slots) as lines:
            await asyncio.gather(*(lines.use(visit) for _ in range(6)))
    assert most == 2


async def test_a_stop_ends_what_is_under_way_and_what_waits():
    slots, asked, release = Slots(), threading.Event(), threading.Event()

    def slowly(event):
        asked.set()
        release.wait(20)
        yield 0x0000, None

    with answering(slowly) as peer:
        async with Lines(peer, slots) as lines:
            under_way, waiting = asyncio.create_task(lines.use(ask)), asyncio.create_task(lines.use(ask))
            await asyncio.to_thread(asked.wait, 10)
            await slots.stop("main", "tests")
            for visit in (under_way, waiting):
                with pytest.raises(PacsStopped) as stopped:
                    await asyncio.wait_for(visit, 5)
                assert stopped.value.after > 0
            release.set()
            slots.is_down = False


async def test_a_cancelled_visit_frees_its_line_for_the_next():
    slots, asked, release = Slots(), threading.Event(), threading.Event()

    def slow_once(event):
        if not asked.is_set():
            asked.set()
            release.wait(20)
        yield 0xFF00, study_row(1)

    with answering(slow_once) as peer:
        async with Lines(peer, slots) as lines:
            first = asyncio.create_task(lines.use(ask))
            await asyncio.to_thread(asked.wait, 10)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            release.set()
            assert await asyncio.wait_for(lines.use(ask), 10) == ("1.2.3.1",)


async def test_patience_runs_out_when_every_line_is_busy():
    slots, begun, done = Slots(), asyncio.Event(), asyncio.Event()

    async def hold(line: Line) -> None:
        begun.set()
        await done.wait()

    with answering(on_find) as peer:
        async with Lines(peer, slots) as lines:
            holding = asyncio.create_task(lines.use(hold))
            await asyncio.wait_for(begun.wait(), 5)
            with pytest.raises(LinesBusy, match="all associations to main are in use"):
                await lines.use(ask, patience=0.2)
            done.set()
            await holding
            assert await lines.use(ask, patience=5) == ("1.2.3.1",)


async def test_a_pacs_that_refuses_us_is_not_asked_again_at_once():
    slots = Slots()
    with answering(on_find, require_calling_aet=["SOMEBODY"]) as peer:
        async with Lines(peer, slots) as lines:
            for _ in range(3):
                with pytest.raises(PacsRefuses, match="register it there"):
                    await lines.use(ask)
    assert slots.taken == 1


async def test_a_lost_association_is_opened_again_within_the_visit():
    aborted = threading.Event()

    def abort_once(event):
        if not aborted.is_set():
            aborted.set()
            event.assoc.abort()
        yield 0xFF00, study_row(1)

    async def visit(line: Line) -> tuple[str, ...]:
        with pytest.raises(PacsAway):
            await ask(line)
        return await ask(line)

    with answering(abort_once) as peer:
        async with Lines(peer, Slots()) as lines:
            assert await lines.use(visit) == ("1.2.3.1",)


async def test_a_state_store_that_is_away_fails_the_visit_and_not_the_finder():
    class NoStore(Slots):
        @asynccontextmanager
        async def slot(self, pacs: str, *, for_a_person: bool = False) -> AsyncIterator[Gate]:
            raise PeerAway("the state store does not answer")
            yield OpenGate()

    async with Lines(Peer("main", "PACS", "127.0.0.1", 1, "RADQUARRY"), NoStore()) as lines:
        with pytest.raises(PeerAway):
            await asyncio.wait_for(lines.use(ask), 5)
