"""Promises of the mover's ledger, on both state stores."""

import pytest

from radquarry.dicom.moving import MoveOrder
from radquarry.messages import StoredInstance
from radquarry.mover.expectation import ExpectedSeries
from radquarry.mover.ledger import Ledger
from radquarry.state.store import State
from tests.mover.ordering import BEGIN, Clock


@pytest.fixture
def ledger(state: State) -> Ledger:
    return Ledger(state)


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
