"""Promises of the mover's tables, on both state stores: leases, orders, ledger."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from radquarry.dicom.moving import MoveOrder
from radquarry.messages import RetrievalRequested, StoredInstance, WantedStudy
from radquarry.mover.__main__ import VERSIONS
from radquarry.mover.expectation import ExpectedSeries
from radquarry.mover.leases import LeaseLost, Leases
from radquarry.mover.ledger import Ledger
from radquarry.mover.orders import Orders
from radquarry.state.migration import migrate
from radquarry.state.store import State
from tests.contracts.states import KINDS, empty_state

BEGIN = datetime(2025, 6, 2, 20, 0, tzinfo=UTC)
LEASE = 10.0


class Clock:
    """A time that only tests move."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as state:
        await migrate(state, "mover", VERSIONS)
        yield state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def orders(state: State, clock: Clock) -> Orders:
    return Orders(state, clock, ["main", "other"])


@pytest.fixture
def leases(state: State, clock: Clock) -> Leases:
    return Leases(state, clock, LEASE)


@pytest.fixture
def ledger(state: State) -> Ledger:
    return Ledger(state)


def order(*studies: str, pacs: str = "main", priority: int = 0) -> RetrievalRequested:
    """An order for studies of one PACS."""
    wanted = tuple(WantedStudy(study_instance_uid=study, pacs=pacs) for study in studies)
    return RetrievalRequested(retrieval_id=uuid4(), studies=wanted, priority=priority)


def stored(sop: str, study: str = "1.2", series: str = "1.2.1") -> StoredInstance:
    """An instance in the archive."""
    return StoredInstance(
        study_instance_uid=study,
        series_instance_uid=series,
        sop_instance_uid=sop,
        bytes=100,
        sha256="ab" * 32,
        stored_at=BEGIN,
    )


async def taken(leases: Leases, pacs: str = "main") -> str:
    """The study that is taken next, "" when there is none."""
    lease = await leases.take(pacs)
    return lease[0].study_instance_uid if lease else ""


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


async def test_the_ledger_counts_what_came_whoever_ordered_it_and_in_whatever_order(ledger: Ledger) -> None:
    await ledger.store([stored("1.2.1.1"), stored("1.2.1.9", series="1.2.9")])
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1", "1.2.1.2"), 2)])

    (series,) = (await ledger.standing("1.2", ["1.2.1"])).series

    assert (series.received, series.missing, series.unnamed) == (("1.2.1.1",), ("1.2.1.2",), 0)
    assert await ledger.received("1.2", ["1.2.1"]) == 1


async def test_an_instance_that_comes_in_another_study_is_another_instance(ledger: Ledger) -> None:
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1",), 1)])
    await ledger.store([stored("1.2.1.1", study="6.6", series="6.6.1")])

    assert (await ledger.standing("1.2", ["1.2.1"])).missing == 1


async def test_the_ledger_hears_twice_and_writes_once(ledger: Ledger) -> None:
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1",), 1)])
    for _ in range(2):
        await ledger.store([stored("1.2.1.1"), stored("1.2.1.1")])
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1",), 1)])

    (state,) = await ledger.states("1.2", ["1.2.1"])

    assert (state.received, state.bytes, state.sha256) == (True, 100, "ab" * 32)


async def test_the_ledger_counts_orders_of_what_is_not_here_and_keeps_the_count_at_the_next_look(
    ledger: Ledger, clock: Clock
) -> None:
    expected = [
        ExpectedSeries("1.2.1", "CT", ("1.2.1.1", "1.2.1.2"), 2),
        ExpectedSeries("1.2.2", "CT", ("1.2.2.1",), 1),
    ]
    await ledger.expect("1.2", expected)
    await ledger.order(MoveOrder("1.2"), clock.now)
    await ledger.store([stored("1.2.1.1")])
    await ledger.order(MoveOrder("1.2", "1.2.1"), clock.now)
    await ledger.order(MoveOrder("1.2", "1.2.1", ("1.2.1.2",)), clock.now)
    await ledger.expect("1.2", expected)

    states = await ledger.states("1.2", ["1.2.1", "1.2.2"])

    assert {one.sop_instance_uid: one.ordered for one in states} == {"1.2.1.1": 1, "1.2.1.2": 3, "1.2.2.1": 1}
    assert {one.sop_instance_uid: one.stored_at for one in states if one.received} == {"1.2.1.1": BEGIN}


async def test_what_the_pacs_says_of_an_instance_by_name_is_kept_until_it_comes(ledger: Ledger) -> None:
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1", "1.2.1.2"), 2)])
    await ledger.blame("1.2", ["1.2.1.1", "1.2.1.2"], "status B000")
    await ledger.store([stored("1.2.1.1")])

    states = await ledger.states("1.2", ["1.2.1"])

    assert {one.sop_instance_uid: one.problem for one in states} == {"1.2.1.1": "", "1.2.1.2": "status B000"}


async def test_what_the_pacs_names_no_more_and_never_came_is_forgotten(ledger: Ledger) -> None:
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1", "1.2.1.2"), 2)])
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1",), 1)])

    assert (await ledger.standing("1.2", ["1.2.1"])).expected == 1


async def test_a_series_that_holds_more_than_it_names_is_missing_the_difference(ledger: Ledger) -> None:
    await ledger.expect("1.2", [ExpectedSeries("1.2.1", "CT", ("1.2.1.1",), 3)])
    await ledger.store([stored("1.2.1.1"), stored("1.2.1.7")])

    (series,) = (await ledger.standing("1.2", ["1.2.1"])).series

    assert (len(series.received), series.missing, series.unnamed) == (2, (), 1)
