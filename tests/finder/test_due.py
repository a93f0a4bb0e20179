"""Which days a night is for."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from radquarry.finder.due import Due, Followed, beginning, due, last_day, night_of

NIGHT = date(2026, 3, 10)
VISITS = (1, 7, 30, 365)
ALL = {0, *VISITS}


def up_to(night: date) -> Followed:
    """Everything due was ordered, up to this night."""
    return Followed(date(2020, 1, 1), {after: last_day(night, after) for after in ALL})


def days_before(night: date, *ages: int) -> list[date]:
    return [night - timedelta(days=age) for age in ages]


def test_the_first_night_is_for_the_day_before_and_for_the_visits_that_would_have_come() -> None:
    visits = list(due(NIGHT, beginning(NIGHT), VISITS))

    assert visits[0] == Due(date(2026, 3, 9), 0)
    assert [visit.day for visit in visits[1:]] == days_before(NIGHT, 2, 8, 31, 366)


def test_every_later_night_is_for_one_new_day_and_one_a_visit() -> None:
    visits = list(due(NIGHT, up_to(NIGHT - timedelta(days=1)), VISITS))

    assert [(visit.after_days, visit.day) for visit in visits] == list(
        zip([0, *VISITS], days_before(NIGHT, 1, 2, 8, 31, 366), strict=True)
    )


def test_the_same_night_twice_has_nothing_left() -> None:
    assert list(due(NIGHT, up_to(NIGHT), VISITS)) == []


def test_nights_that_were_missed_are_caught_up_and_no_day_is_asked_for_twice() -> None:
    visits = list(due(NIGHT, up_to(NIGHT - timedelta(days=10)), VISITS))

    assert [visit.day for visit in visits if visit.after_days == 0] == days_before(NIGHT, *range(1, 11))
    assert len({visit.day for visit in visits}) == len(visits)
    assert {visit.after_days for visit in visits} == ALL


def test_a_clock_that_goes_back_orders_nothing() -> None:
    assert list(due(NIGHT - timedelta(days=3), up_to(NIGHT), VISITS)) == []


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        (datetime(2026, 3, 10, 0, 30, tzinfo=UTC), date(2026, 3, 10)),
        (datetime(2026, 3, 9, 23, 30, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_a_night_begins_by_the_hospitals_clock_also_when_that_is_put_forward(moment: datetime, night: date) -> None:
    at = time(2, 30) if moment.month == 3 and moment.day == 29 else time(1)

    assert night_of(moment.astimezone(ZoneInfo("Europe/Zurich")), at) == night
