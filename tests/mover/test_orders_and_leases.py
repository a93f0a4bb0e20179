"""Promises of the mover's orders and leases, on both state stores."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event

from radquarry.mover.leases import LeaseLost, Leases
from radquarry.mover.orders import Orders
from radquarry.state.store import State
from tests.mover.ordering import LEASE, Clock, order, taken


@pytest.fixture
def orders(state: State, clock: Clock) -> Orders:
    return Orders(state, clock, ["main", "other"])


@pytest.fixture
def leases(state: State, clock: Clock) -> Leases:
    return Leases(state, clock, LEASE)


async def test_studies_come_in_the_order_they_were_ordered(orders: Orders, leases: Leases) -> None:
    await orders.take(order("1.2", "1.1", "1.3"), 0)

    assert [await taken(leases) for _ in range(4)] == ["1.2", "1.1", "1.3", ""]


async def test_what_is_urgent_comes_first(orders: Orders, leases: Leases) -> None:
    await orders.take(order("1.1"), 0)
    await orders.take(order("1.2", priority=5), 0)

    assert await taken(leases) == "1.2"


async def test_a_pacs_has_its_own_queue(orders: Orders, leases: Leases) -> None:
    await orders.take(order("1.1"), 0)

    assert await taken(leases, "other") == ""


async def test_an_order_twice_is_one(orders: Orders, leases: Leases) -> None:
    twice = order("1.1")
    await orders.take(twice, 0)
    lease = await leases.take("main")
    assert lease is not None
    await leases.release(*lease, state="complete")
    await orders.take(twice, 0)

    assert await taken(leases) == ""
    assert len(await orders.settled()) == 1


async def test_a_study_that_two_retrievals_want_is_leased_once(orders: Orders, leases: Leases) -> None:
    await orders.take(order("1.1"), 0)
    await orders.take(order("1.1"), 0)
    first = await leases.take("main")
    assert first is not None

    assert await taken(leases) == ""
    await leases.release(*first, state="complete")
    assert await taken(leases) == "1.1"


async def test_a_dead_holders_study_is_free_after_its_lease_and_the_dead_may_write_nothing(
    state: State, orders: Orders, leases: Leases, clock: Clock
) -> None:
    await orders.take(order("1.1"), 0)
    other = Leases(state, clock, LEASE)
    dead = await other.take("main")
    assert dead is not None
    clock.forward(LEASE - 1)
    assert await taken(leases) == ""
    clock.forward(2)

    assert await taken(leases) == "1.1"
    with pytest.raises(LeaseLost):
        await other.renew(dead[1])
    with pytest.raises(LeaseLost):
        await other.release(*dead, state="complete")
    assert await orders.settled() == []


async def test_who_was_too_slow_to_renew_does_not_take_its_own_study_again(
    orders: Orders, leases: Leases, clock: Clock
) -> None:
    await orders.take(order("1.1"), 0)
    lease = await leases.take("main")
    assert lease is not None
    clock.forward(LEASE + 1)

    assert await taken(leases) == ""
    await leases.renew(lease[1])
    await leases.drop(lease[1])
    assert await taken(leases) == "1.1"


async def test_what_was_taken_when_the_slot_was_lost_is_taken_again_after_its_lease(
    state: State, orders: Orders, leases: Leases, clock: Clock
) -> None:
    await orders.take(order("1.1"), 0)
    taking = asyncio.create_task(leases.take("main"))

    def lose(_connection: object) -> None:
        taking.get_loop().call_soon(taking.cancel)

    event.listen(state.engine.sync_engine, "commit", lose, once=True)
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert await taken(leases) == ""
    clock.forward(LEASE + 1)

    assert await taken(leases) == "1.1"


async def test_who_renews_keeps_the_study(orders: Orders, leases: Leases, clock: Clock) -> None:
    await orders.take(order("1.1"), 0)
    lease = await leases.take("main")
    assert lease is not None
    for _ in range(3):
        clock.forward(LEASE - 1)
        await leases.renew(lease[1])

    assert await taken(leases) == ""


async def test_each_lease_leaps_over_what_a_dead_one_may_have_said(state: State, orders: Orders, clock: Clock) -> None:
    await orders.take(order("1.1"), 0)
    revisions = []
    for _ in range(3):
        lease = await Leases(state, clock, LEASE).take("main")
        assert lease is not None
        revisions.append(lease[0].revision)
        clock.forward(LEASE + 1)

    assert revisions == [1000, 2000, 3000]


async def test_nothing_is_taken_before_it_is_due(orders: Orders, leases: Leases, clock: Clock) -> None:
    await orders.take(order("1.1"), 0)
    lease = await leases.take("main")
    assert lease is not None
    await leases.release(*lease, due=clock.now + timedelta(seconds=60), state="waiting")

    assert not await leases.any_due("main")
    clock.forward(60)
    assert await leases.any_due("main")
    assert await taken(leases) == "1.1"


async def test_paused_and_cancelled_retrievals_are_not_taken(orders: Orders, leases: Leases) -> None:
    paused, cancelled = order("1.1"), order("1.2")
    await orders.take(paused, 0)
    await orders.take(cancelled, 0)
    await orders.wish(paused.retrieval_id, "paused")
    await orders.wish(cancelled.retrieval_id, "cancelled")

    assert await taken(leases) == ""
    await orders.wish(cancelled.retrieval_id, "running")
    assert await orders.wish_of(cancelled.retrieval_id) == "cancelled"


async def test_a_wish_for_an_unknown_retrieval_is_known_as_such(orders: Orders) -> None:
    assert not await orders.wish(uuid4(), "paused")


async def test_an_order_without_any_study_that_can_be_had_is_settled_at_once(orders: Orders) -> None:
    await orders.take(order("../x"), 1)

    (row,) = await orders.settled()

    assert (row.refused, row.expected, row.received) == (1, 0, 0)
