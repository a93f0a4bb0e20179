"""What is ordered: as much at once as nothing is here of, never what is here."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from radquarry.dicom.moving import MoveOrder
from radquarry.mover.plan import LIST_LENGTH, SeriesStanding, Standing, orders

EMPTY = SeriesStanding("1.2.1", (), ("1.2.1.1", "1.2.1.2"))
HALF = SeriesStanding("1.2.2", ("1.2.2.1",), ("1.2.2.2",))
WHOLE = SeriesStanding("1.2.3", ("1.2.3.1",), ())


def study(*series: SeriesStanding) -> Standing:
    """A study of these series."""
    return Standing("1.2", series)


def test_a_study_of_which_nothing_is_here_is_ordered_at_once() -> None:
    assert orders(study(EMPTY), 0, whole_study=True) == (MoveOrder("1.2"),)


def test_only_the_chosen_series_are_ordered() -> None:
    assert orders(study(EMPTY), 0, whole_study=False) == (MoveOrder("1.2", "1.2.1"),)


def test_after_a_fruitless_try_each_series_is_ordered_alone() -> None:
    assert orders(study(EMPTY), 1, whole_study=True) == (MoveOrder("1.2", "1.2.1"),)


def test_of_a_series_that_is_partly_here_only_the_missing_instances_are_ordered() -> None:
    ordered = orders(study(EMPTY, HALF, WHOLE), 0, whole_study=True)

    assert ordered == (MoveOrder("1.2", "1.2.1"), MoveOrder("1.2", "1.2.2", ("1.2.2.2",)))


def test_a_series_of_which_every_instance_is_named_is_first_ordered_whole() -> None:
    all_of_it = replace(EMPTY, is_all=True)

    assert orders(study(all_of_it), 0, whole_study=False, named_only=True) == (MoveOrder("1.2", "1.2.1"),)
    for others, attempts in ((all_of_it, 1), (EMPTY, 0)):
        named = (MoveOrder("1.2", "1.2.1", ("1.2.1.1", "1.2.1.2")),)
        assert orders(study(others), attempts, whole_study=False, named_only=True) == named


def test_every_third_try_does_without_lists() -> None:
    assert orders(study(HALF), 2, whole_study=True) == (MoveOrder("1.2", "1.2.2"),)


def test_instances_known_by_number_only_are_ordered_as_a_series() -> None:
    named = SeriesStanding("1.2.1", ("1.2.1.1",), (), unnamed=60)

    assert orders(study(named), 0, whole_study=True) == (MoveOrder("1.2", "1.2.1"),)


@given(here=st.integers(1, 3), missing=st.integers(1, 300), attempts=st.sampled_from([0, 1, 3, 4]))
def test_lists_are_short_and_name_each_missing_instance_once(here: int, missing: int, attempts: int) -> None:
    received = tuple(f"1.2.1.{number}" for number in range(here))
    lacking = tuple(f"1.2.1.{number}" for number in range(1000, 1000 + missing))

    ordered = orders(study(SeriesStanding("1.2.1", received, lacking)), attempts, whole_study=True)

    assert [uid for order in ordered for uid in order.sop_instance_uids] == list(lacking)
    assert max(len(order.sop_instance_uids) for order in ordered) <= LIST_LENGTH
