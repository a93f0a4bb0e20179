"""Many callers, one piece of work, and to each what became of its own."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radquarry.batching import Batch


class Work:
    """Remembers the batches it was given; refuses negative numbers; waits at the gate where there is one."""

    def __init__(self, gate: asyncio.Event | None = None) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self._gate = gate

    async def __call__(self, items: Sequence[int]) -> list[Exception | None]:
        self.batches.append(list(items))
        self.begun.set()
        if self._gate:
            await self._gate.wait()
        return [ValueError(str(item)) if item < 0 else None for item in items]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-5, 5), max_size=40), st.integers(1, 10))
async def test_every_item_is_done_once_in_order_and_each_caller_hears_of_its_own(items: list[int], most: int) -> None:
    work = Work()
    batch = Batch(work, most=most, seconds=0)

    outcomes = await asyncio.gather(*map(batch.add, items), return_exceptions=True)

    assert [item for done in work.batches for item in done] == items
    assert all(len(done) <= most for done in work.batches)
    assert [str(outcome) if outcome else "" for outcome in outcomes] == [str(i) if i < 0 else "" for i in items]


async def test_a_full_batch_does_not_wait() -> None:
    work = Work()
    batch = Batch(work, most=3, seconds=3600)

    async with asyncio.timeout(5):
        await asyncio.gather(*map(batch.add, range(3)))

    assert work.batches == [[0, 1, 2]]


async def test_what_comes_while_a_batch_is_under_way_goes_together_next() -> None:
    gate = asyncio.Event()
    work = Work(gate)
    batch = Batch(work, seconds=0)
    first = asyncio.create_task(batch.add(0))
    await work.begun.wait()
    others = [asyncio.create_task(batch.add(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    gate.set()

    await asyncio.gather(first, *others)

    assert work.batches == [[0], [1, 2, 3]]


async def test_what_the_work_raises_every_caller_gets_and_the_next_batch_goes_on() -> None:
    failures = [ConnectionError("away")]

    async def work(_: Sequence[int]) -> None:
        if failures:
            raise failures.pop()

    batch = Batch(work, seconds=0)
    outcomes = await asyncio.gather(*map(batch.add, range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3
    await batch.add(4)


async def test_a_caller_who_leaves_before_the_batch_goes_takes_the_item_along() -> None:
    gate = asyncio.Event()
    work = Work(gate)
    batch = Batch(work, seconds=0)
    first = asyncio.create_task(batch.add(0))
    await work.begun.wait()
    leaving, staying = asyncio.create_task(batch.add(1)), asyncio.create_task(batch.add(2))
    await asyncio.sleep(0)
    leaving.cancel()
    gate.set()

    await asyncio.gather(first, staying)

    assert work.batches == [[0], [2]]
    assert leaving.cancelled()


async def test_a_caller_who_leaves_later_does_not_stop_the_work() -> None:
    gate = asyncio.Event()
    work = Work(gate)
    batch = Batch(work, most=2, seconds=0)
    leaving, staying = asyncio.create_task(batch.add(1)), asyncio.create_task(batch.add(2))
    await work.begun.wait()
    leaving.cancel()
    await asyncio.wait({leaving})
    gate.set()

    await staying

    assert work.batches == [[1, 2]]


async def test_work_that_is_cancelled_from_within_cancels_its_callers_only() -> None:
    cancelled = [True]

    async def work(_: Sequence[int]) -> None:
        if cancelled.pop() if cancelled else False:
            raise asyncio.CancelledError

    batch = Batch(work, seconds=0)
    caller = asyncio.create_task(batch.add(1))

    with pytest.raises(asyncio.CancelledError):
        await caller
    await batch.add(2)


def test_a_process_that_ends_leaves_nobody_waiting() -> None:
    async def ends() -> None:
        work = Work(asyncio.Event())
        batch = Batch(work, seconds=0)
        waiting = [asyncio.create_task(batch.add(number)) for number in range(3)]
        await work.begun.wait()
        assert not any(task.done() for task in waiting)

    asyncio.run(ends())
