"""Which days a night is for: those that are new, and those whose next visit has come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

FIRST = 0
"""The visit of a day that is over; any other number is that of the days after it."""


@dataclass(frozen=True)
class Followed:
    """How far a PACS has been followed: the first day of all, and the last day of each visit."""

    begun: date
    last: Mapping[int, date]


@dataclass(frozen=True)
class Due:
    """One day to be crawled, and which visit of it this is."""

    day: date
    after_days: int


def night_of(now: datetime, at: time) -> date:
    """The local day on which the work of the night that is due, or was last, begins."""
    return now.date() if now.time() >= at else now.date() - timedelta(days=1)


def beginning(night: date) -> Followed:
    """Following begins with the day before the first night."""
    return Followed(night - timedelta(days=1), {})


def due(night: date, followed: Followed, visits: Sequence[int]) -> Iterator[Due]:
    """Newest day first; a day that missed several visits gets the first of them only.

    A visit nobody made before begins tonight: its day may lie before `followed.begun`.
    """
    asked: set[date] = set()
    for after_days in sorted({FIRST, *visits}):
        newest = last_day(night, after_days)
        before = followed.last.get(after_days, newest - timedelta(days=1))
        for age in range((newest - before).days):
            if (day := newest - timedelta(days=age)) not in asked:
                asked.add(day)
                yield Due(day, after_days)


def last_day(night: date, after_days: int) -> date:
    """The day whose visit this night is for."""
    return night - timedelta(days=1 + after_days)
