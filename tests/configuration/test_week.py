"""Hours of the week in which a PACS may be loaded."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.configuration.week import DAYS, WeekWindows

MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - the windows' own clock


def at(day: str, time: str) -> datetime:
    hour, minute = map(int, time.split(":"))
    return MONDAY + timedelta(days=DAYS.index(day), hours=hour, minutes=minute)


NIGHTS = WeekWindows(["mon-fri 20:00-08:00", "sat-sun 00:00-24:00"])


@pytest.mark.parametrize(
    ("day", "time", "open_then"),
    [
        ("mon", "07:59", False),
        ("mon", "20:00", True),
        ("tue", "07:59", True),
        ("tue", "08:00", False),
        ("fri", "23:59", True),
        ("sat", "12:00", True),
        ("sun", "23:59", True),
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_it_begins_on(day: str, time: str, open_then: bool) -> None:
    assert NIGHTS.is_open(at(day, time)) is open_then


def test_no_window_is_always_open() -> None:
    assert WeekWindows().is_open(MONDAY)


def test_the_next_opening_is_the_first_open_minute() -> None:
    assert NIGHTS.next_opening(at("tue", "12:34")) == at("tue", "20:00")
    assert NIGHTS.next_opening(at("sat", "12:34")) == at("sat", "12:34")


def test_days_may_run_over_the_weekend() -> None:
    assert WeekWindows(["fri-mon 10:00-11:00"]).is_open(at("sun", "10:30"))
    assert not WeekWindows(["fri-mon 10:00-11:00"]).is_open(at("wed", "10:30"))


@pytest.mark.parametrize(
    "line", ["", "mon", "mon 8-9", "mon 25:00-26:00", "abc 08:00-09:00", "mon 08:61-09:00", "1200"]
)
def test_what_is_no_window_is_refused_with_an_example(line: str) -> None:
    with pytest.raises(ValueError, match=r"mon-fri 20:00-08:00|days are|hours run"):
        WeekWindows([line])


times = st.times().map(lambda time: f"{time.hour:02}:{time.minute:02}")


@given(st.sampled_from(DAYS), times, times, st.integers(0, 7 * 24 * 60 - 1))
def test_the_next_opening_is_open_and_nothing_before_it_is(day: str, begin: str, end: str, minute: int) -> None:
    windows, now = WeekWindows([f"{day} {begin}-{end}"]), MONDAY + timedelta(minutes=minute)

    opening = windows.next_opening(now)

    assert windows.is_open(opening)
    before = [now + timedelta(minutes=step) for step in range(int((opening - now).total_seconds() // 60))]
    assert not any(windows.is_open(instant) for instant in before)
