"""Hours of the week in which a PACS may be loaded."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.configuration.week import DAYS, Hours, WeekWindows

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")
MINUTE = timedelta(minutes=1)


def at(day: str, time: str) -> datetime:
    hour, minute = map(int, time.split(":"))
    return MONDAY + timedelta(days=DAYS.index(day), hours=hour, minutes=minute)


def hours(*lines: str, holidays: tuple[date, ...] = (), zone: str = "UTC") -> Hours:
    return Hours(WeekWindows(lines), holidays, ZoneInfo(zone))


NIGHTS = hours("mon-fri 20:00-08:00", "sat-sun 00:00-24:00")


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
    assert hours().is_open(MONDAY)
    assert hours().next_change(MONDAY) is None
    assert hours(holidays=(MONDAY.date(),)).is_open(MONDAY)


def test_a_change_is_the_first_minute_of_what_comes_next() -> None:
    assert NIGHTS.next_change(at("tue", "12:34")) == at("tue", "20:00")
    assert NIGHTS.next_change(at("sat", "12:34")) == at("mon", "00:00") + timedelta(days=7)
    assert NIGHTS.next_change(at("tue", "19:59") + timedelta(seconds=59)) == at("tue", "20:00")
    assert NIGHTS.next_change(at("tue", "20:00")) == at("wed", "08:00")


def test_days_may_run_over_the_weekend() -> None:
    assert hours("fri-mon 10:00-11:00").is_open(at("sun", "10:30"))
    assert not hours("fri-mon 10:00-11:00").is_open(at("wed", "10:30"))


def test_the_minutes_of_the_week_are_those_that_are_open() -> None:
    minutes = WeekWindows(["sun 23:00-01:00"]).open_minutes

    assert len(minutes) == 7 * 24 * 60
    assert [index for index, byte in enumerate(minutes) if byte] == [*range(60), *range(10020, 10080)]
    assert set(WeekWindows().open_minutes) == {1}


def test_on_a_holiday_the_windows_of_sunday_begin() -> None:
    wednesday = at("wed", "00:00").date()
    it = hours("mon-fri 20:00-08:00", "sun 10:00-22:00", holidays=(wednesday,))

    assert it.is_open(at("wed", "07:59")), "Tuesday's window ends as it always does"
    assert it.is_open(at("wed", "12:00"))
    assert not it.is_open(at("wed", "22:30")), "Wednesday's own window does not begin"
    assert not it.is_open(at("thu", "07:00"))
    assert it.is_open(at("thu", "20:00"))


def test_a_pacs_whose_windows_are_all_holidays_opens_when_they_are_over() -> None:
    ten_weeks = tuple(MONDAY.date() + timedelta(days=day) for day in range(70))

    assert hours("mon 10:00-11:00", holidays=ten_weeks).next_change(MONDAY) == MONDAY + timedelta(days=70, hours=10)


def test_a_pacs_that_never_opens_again_says_so() -> None:
    years = tuple(MONDAY.date() + timedelta(days=day) for day in range(800))

    assert hours("mon 10:00-11:00", holidays=years).next_change(MONDAY) is None


def local(moment: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZURICH, fold=fold).astimezone(UTC)


def test_the_hour_that_summer_time_skips_is_not_there() -> None:
    """31 March 2024: 01:59 is followed by 03:00."""
    it = hours("sun 02:15-02:45", "sun 01:30-03:30", zone="Europe/Zurich")
    within_the_gap = hours("sun 02:15-02:45", zone="Europe/Zurich")

    assert it.next_change(local("2024-03-31 01:00")) == local("2024-03-31 01:30")
    assert it.next_change(local("2024-03-31 01:30")) == local("2024-03-31 01:30") + timedelta(hours=1)
    assert within_the_gap.next_change(local("2024-03-31 00:00")) == local("2024-04-07 02:15")


def test_the_hour_that_the_clock_shows_twice_is_open_twice() -> None:
    """27 October 2024: 02:59 is followed by 02:00."""
    it = hours("sun 02:15-02:45", zone="Europe/Zurich")
    first, second = local("2024-10-27 02:15"), local("2024-10-27 02:15", fold=1)

    assert second - first == timedelta(hours=1)
    moment, changes = local("2024-10-27 00:00"), []
    for _ in range(4):
        change = it.next_change(moment)
        assert change is not None
        changes.append(change)
        moment = change
    half = timedelta(minutes=30)
    assert changes == [first, first + half, second, second + half]


def test_a_night_in_which_the_clock_changes_lasts_until_its_end_by_the_clock() -> None:
    night = hours("sat 20:00-08:00", zone="Europe/Zurich")

    assert night.next_change(local("2024-10-26 20:00")) == local("2024-10-26 20:00") + timedelta(hours=13)
    assert night.next_change(local("2024-03-30 20:00")) == local("2024-03-30 20:00") + timedelta(hours=11)


@pytest.mark.parametrize(
    "line", ["", "mon", "mon 8-9", "mon 25:00-26:00", "abc 08:00-09:00", "mon 08:61-09:00", "1200"]
)
def test_what_is_no_window_is_refused_with_an_example(line: str) -> None:
    with pytest.raises(ValueError, match=r"mon-fri 20:00-08:00|days are|hours run"):
        WeekWindows([line])


times = st.times().map(lambda time: f"{time.hour:02}:{time.minute:02}")
zones = st.sampled_from(["UTC", "Europe/Zurich", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"])
moments = st.datetimes(datetime(2024, 1, 1), datetime(2025, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given one


@given(st.sampled_from(DAYS), times, times, zones, moments)
def test_nothing_changes_before_a_change(day: str, begin: str, end: str, zone: str, now: datetime) -> None:
    it = hours(f"{day} {begin}-{end}", zone=zone)

    change = it.next_change(now)

    assert change is not None
    assert it.is_open(change) is not it.is_open(now)
    minutes = range(1, int((change - now) / MINUTE), 7)
    assert all(it.is_open(now + step * MINUTE) is it.is_open(now) for step in minutes)
