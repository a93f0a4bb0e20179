"""What was delivered leaves after its days, exactly, and is sent again when it is wanted. On both state stores."""

import asyncio
from datetime import timedelta

import pytest

from radquarry.errors import Transient
from radquarry.mover.inventory import Inventory
from radquarry.mover.leaving import let_some_leave
from tests.mover.leaving import (
    DAY,
    KEEP,
    SECOND,
    A,
    B,
    BusAway,
    Keeper,
    completed,
    delivered,
    forward,
    progressed,
    requested,
    retrieved,
)
from tests.mover.ordering import order


async def test_images_leave_exactly_when_their_days_are_over(keeper: Keeper) -> None:
    one = await retrieved(keeper)
    forward(keeper, DAY)
    await delivered(keeper, one)

    forward(keeper, KEEP - SECOND)
    assert await keeper.leaves() == []
    forward(keeper, SECOND)
    assert await keeper.leaves() == [A, B]

    rows = await keeper.rows()
    assert {row.sop_instance_uid: row.bytes for row in rows} == {A: None, B: None}
    assert all(row.left_at is not None and row.delivered_at is not None for row in rows)
    assert await keeper.leaves() == []


async def test_days_count_from_the_last_delivery(keeper: Keeper) -> None:
    one = await retrieved(keeper)
    await delivered(keeper, one)
    forward(keeper, 20 * DAY)
    await delivered(keeper, one)

    forward(keeper, 20 * DAY)
    assert await keeper.leaves() == []
    forward(keeper, 10 * DAY)
    assert await keeper.leaves() == [A, B]


async def test_without_days_what_a_second_retrieval_found_here_waits_for_its_own_delivery(hurried: Keeper) -> None:
    first, second = await retrieved(hurried), await retrieved(hurried)
    await delivered(hurried, first)
    assert await hurried.leaves() == []
    forward(hurried, DAY)
    assert await hurried.leaves() == []

    await delivered(hurried, second, failed=(B,))
    assert await hurried.leaves() == [A]
    assert await hurried.here() == {B}


async def test_without_days_what_nobody_has_delivered_of_a_retrieval_waits_a_week_for_it(hurried: Keeper) -> None:
    first = await retrieved(hurried)
    await delivered(hurried, first)
    again = order("1.2")
    await hurried.hear(again)
    forward(hurried, DAY)
    await hurried.work()

    forward(hurried, 7 * DAY - SECOND)
    assert await hurried.leaves() == []
    forward(hurried, SECOND)
    assert await hurried.leaves() == [A, B]


async def test_without_days_images_leave_when_their_delivery_has_ended(hurried: Keeper) -> None:
    await delivered(hurried, await retrieved(hurried))

    assert await hurried.leaves() == [A, B]


async def test_what_was_never_delivered_stays(keeper: Keeper) -> None:
    await retrieved(keeper)
    forward(keeper, 1000 * DAY)

    assert await keeper.leaves() == []


async def test_of_an_incomplete_delivery_only_what_was_delivered_leaves(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper), failed=(B,))
    forward(keeper, 1000 * DAY)

    assert await keeper.leaves() == [A]
    assert await keeper.here() == {B}


async def test_what_failed_stays_though_another_delivery_took_it_until_it_is_tried_again(keeper: Keeper) -> None:
    one = await retrieved(keeper)
    first = requested(one.retrieval_id, at=keeper.now)
    await keeper.hear(first, progressed(first, "1.2", 2, keeper.now, (B,)), completed(first, keeper.now, "incomplete"))
    await delivered(keeper, one)
    forward(keeper, KEEP)
    assert await keeper.leaves() == [A]

    await keeper.hear(progressed(first, "1.2", 9, keeper.now - KEEP))
    assert await keeper.leaves() == [B]


async def test_a_cancelled_delivery_holds_nothing_back(keeper: Keeper) -> None:
    one = await retrieved(keeper)
    cancelled = requested(one.retrieval_id, at=keeper.now)
    await keeper.hear(cancelled, progressed(cancelled, "1.2", 2, keeper.now, (B,)))
    await keeper.hear(completed(cancelled, keeper.now, "cancelled"))
    await delivered(keeper, one)
    forward(keeper, KEEP)

    assert await keeper.leaves() == [A, B]


async def test_a_later_retrieval_has_it_sent_again_and_that_is_not_delivered_yet(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper))
    forward(keeper, KEEP)
    assert await keeper.leaves() == [A, B]
    assert (await keeper.desk.means.ledger.here(["1.2"])).get(("1.2", ""), 0) == 0
    assert (await Inventory(keeper.desk.means.orders._state, keeper.desk.clock).stock()).instances == 0

    again = await retrieved(keeper)
    assert await keeper.here() == {A, B} == set(keeper.files)
    forward(keeper, 1000 * DAY)
    assert await keeper.leaves() == []

    await delivered(keeper, again)
    forward(keeper, KEEP)
    assert await keeper.leaves() == [A, B]


async def test_from_the_decision_on_it_is_not_here_and_what_comes_then_is(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper))
    forward(keeper, KEEP)
    first = keeper.store(A)
    await keeper.hear(first)
    forward(keeper, KEEP)
    await keeper.look()
    assert await keeper.here() == set()

    await keeper.hear(first)
    assert await keeper.here() == set()
    await keeper.came(A)
    assert await keeper.here() == {A}
    answer = keeper.remove(keeper.orders.popleft())
    await keeper.hear(answer, answer)
    assert (await keeper.here(), set(keeper.files)) == ({A}, {A})


async def test_a_decision_that_the_bus_did_not_take_is_told_later(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper))
    forward(keeper, KEEP)
    with pytest.raises(Transient):
        await let_some_leave(keeper.desk.means, BusAway().publish)
    assert await keeper.here() == set()

    assert await keeper.leaves() == []
    forward(keeper, timedelta(seconds=keeper.desk.means.patience.remove))
    assert await keeper.leaves() == [A, B]
    forward(keeper, DAY)
    assert await keeper.leaves() == []


async def test_two_movers_do_not_do_it_twice(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper))
    forward(keeper, KEEP)

    found = await asyncio.gather(keeper.look(), keeper.look())
    forward(keeper, timedelta(seconds=keeper.desk.means.patience.remove))
    again = await asyncio.gather(keeper.look(), keeper.look())

    assert len(keeper.orders) == 2
    assert {len(one) for one in (*found, *again)} <= {0, 2}
