"""What anybody waits for or works on stays, whoever had it delivered before. On both state stores."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.mover.leaving import (
    DAY,
    KEEP,
    SECOND,
    A,
    B,
    Keeper,
    completed,
    delivered,
    forward,
    progressed,
    requested,
    retrieved,
    running,
)
from tests.mover.ordering import LEASE, order


@pytest.mark.parametrize("named", [(), ("1.2",)])
async def test_what_an_open_delivery_wants_stays(keeper: Keeper, named: tuple[str, ...]) -> None:
    one = await retrieved(keeper)
    await delivered(keeper, one)
    another = requested(one.retrieval_id, None, *named, at=keeper.now)
    await keeper.hear(another)
    forward(keeper, 100 * DAY)
    assert await keeper.leaves() == []

    await keeper.hear(completed(another, keeper.now))
    assert await keeper.leaves() == [A, B]


async def test_what_an_open_delivery_does_not_name_leaves(keeper: Keeper) -> None:
    one = await retrieved(keeper, "1.2", "1.3")
    await delivered(keeper, one)
    await keeper.hear(requested(one.retrieval_id, None, "1.3", at=keeper.now))
    forward(keeper, KEEP)

    assert await keeper.leaves() == [A, B]


async def test_a_delivery_that_is_tried_again_is_open_again(keeper: Keeper) -> None:
    one = await retrieved(keeper)
    delivery = requested(one.retrieval_id, at=keeper.now)
    await keeper.hear(delivery, progressed(delivery, "1.2", 2, keeper.now), completed(delivery, keeper.now))
    await keeper.hear(running(delivery, "1.2", 3, keeper.now))
    forward(keeper, KEEP)

    assert await keeper.leaves() == []


async def test_an_order_of_delivery_that_comes_before_its_retrievals_holds_what_it_may_want(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper))
    forward(keeper, KEEP)
    later = order("1.2")
    await keeper.hear(requested(later.retrieval_id, at=keeper.now))
    assert await keeper.leaves() == []

    await keeper.hear(later)
    await keeper.work()
    forward(keeper, 100 * DAY)
    assert await keeper.leaves() == []


async def test_a_retrieval_that_nobody_ever_hears_of_does_not_hold_everything_for_ever(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper))
    await keeper.hear(requested(uuid4(), at=keeper.now))
    forward(keeper, KEEP)

    assert await keeper.leaves() == [A, B]


async def test_what_a_retrieval_wants_or_has_just_wanted_stays(keeper: Keeper) -> None:
    await delivered(keeper, await retrieved(keeper))
    forward(keeper, KEEP)
    await keeper.hear(order("1.2"))
    assert await keeper.leaves() == []
    forward(keeper, 50 * DAY)
    assert await keeper.leaves() == []

    await keeper.work()
    forward(keeper, KEEP - SECOND)
    assert await keeper.leaves() == []
    forward(keeper, SECOND)
    assert await keeper.leaves() == [A, B]


async def test_what_somebody_works_on_does_not_leave(keeper: Keeper) -> None:
    one = await retrieved(keeper)
    await delivered(keeper, one)
    forward(keeper, KEEP)
    holder = await keeper.desk.means.leases.hold("1.2")
    assert holder is not None

    assert await keeper.leaves() == []
    await keeper.desk.means.leases.drop(holder)
    assert await keeper.leaves() == [A, B]


async def test_no_study_is_begun_while_it_is_decided_about(keeper: Keeper) -> None:
    await keeper.hear(order("1.2"))
    holder = await keeper.desk.means.leases.hold("1.2")

    assert holder is not None
    assert await keeper.desk.means.leases.take("main") is None
    forward(keeper, timedelta(seconds=LEASE + 1))
    assert await keeper.desk.means.leases.take("main") is not None
