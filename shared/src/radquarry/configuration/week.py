"""Hours of the week, as `mon-fri 20:00-08:00`: when a PACS may be loaded."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SUNDAY = 6
DAY = 24 * 60
WEEK = 7 * DAY
FORM = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? +(\d{1,2}):(\d{2}) *- *(\d{1,2}):(\d{2})", re.IGNORECASE)
HORIZON = timedelta(days=366)
MINUTE = timedelta(minutes=1)


class WeekWindows:
    """Windows of the week in local time; one past midnight belongs to the day it begins on. None: always open."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.lines = tuple(lines)
        begun = [bytearray(2 * DAY) for _ in DAYS]
        for line in self.lines:
            for begin, length in _stretches(line):
                day, minute = divmod(begin, DAY)
                begun[day][minute : minute + length] = b"\1" * length
        self._begun = tuple(map(bytes, begun)) if self.lines else (b"\1" * DAY + bytes(DAY),) * 7

    def __eq__(self, other: object) -> bool:
        """Windows that are open in the same minutes are equal, if those belong to the same days."""
        return isinstance(other, WeekWindows) and (self._begun, not self.lines) == (other._begun, not other.lines)

    def __hash__(self) -> int:
        """By the minutes that are open."""
        return hash(self._begun)

    def __repr__(self) -> str:
        """The lines it was made of."""
        return f"WeekWindows({list(self.lines)})"

    def minutes(self, day: int, day_before: int) -> bytes:
        """One byte for each minute of a weekday after another one (0 is Monday), 1 where it is open."""
        late, own = self._begun[day_before][DAY:], self._begun[day][:DAY]
        return bytes(map(max, late, own))

    @property
    def open_minutes(self) -> bytes:
        """One byte for each minute of the week from Monday 00:00, 1 where it is open."""
        return b"".join(self.minutes(day, day - 1) for day in range(7))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """A list of strings in configuration and JSON."""
        return core_schema.no_info_after_validator_function(
            cls._parsed,
            core_schema.list_schema(core_schema.str_schema()),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda windows: list(windows.lines)),
        )

    @classmethod
    def _parsed(cls, lines: list[str]) -> "WeekWindows":
        return cls(lines)


class Hours:
    """When windows are open, by the clock on the hospital's wall; on a holiday those of Sunday begin.

    The hour that this clock shows twice when summer time ends is open twice, the one that it skips is not there.
    All moments are aware.
    """

    def __init__(self, windows: WeekWindows, holidays: Collection[date], zone: tzinfo) -> None:
        self.zone = zone
        self._windows = windows
        self._holidays = frozenset(holidays)
        self._known: dict[tuple[int, int], bytes] = {}

    def is_open(self, now: datetime) -> bool:
        """Whether `now` lies in a window."""
        local = now.astimezone(self.zone)
        return bool(self._minutes(local.date())[local.hour * 60 + local.minute])

    def next_change(self, now: datetime) -> datetime | None:
        """The first minute after `now`, UTC, in which open is closed or closed is open; None: not within a year."""
        is_open, last = self.is_open(now), now + HORIZON
        moment = now.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
        while moment < last:
            local = moment.astimezone(self.zone)
            minutes = self._minutes(local.date())
            if minutes[local.hour * 60 + local.minute] != is_open:
                return moment
            is_same_all_day = (not is_open) not in minutes
            moment = self._next_day(local) if is_same_all_day else moment + MINUTE
        return None

    def _next_day(self, local: datetime) -> datetime:
        tomorrow = local.date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=self.zone).astimezone(UTC)

    def _minutes(self, day: date) -> bytes:
        key = (self._weekday(day), self._weekday(day - timedelta(days=1)))
        if key not in self._known:
            self._known[key] = self._windows.minutes(*key)
        return self._known[key]

    def _weekday(self, day: date) -> int:
        return SUNDAY if day in self._holidays else day.weekday()


def _stretches(line: str) -> list[tuple[int, int]]:
    """(first minute of the week, length in minutes) for each day the line names."""
    found = FORM.fullmatch(line.strip())
    if found is None:
        raise ValueError(f"{line!r} is not a window such as 'mon-fri 20:00-08:00'")
    first, last = found[1].lower(), (found[2] or found[1]).lower()
    if first not in DAYS or last not in DAYS:
        raise ValueError(f"{line!r}: days are {', '.join(DAYS)}")
    begin, end = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
    if begin >= 24 * 60 or end > 24 * 60 or int(found[4]) > 59 or int(found[6]) > 59:
        raise ValueError(f"{line!r}: hours run from 00:00 to 24:00")
    length = end - begin if end > begin else end - begin + 24 * 60
    days = (DAYS.index(last) - DAYS.index(first)) % 7 + 1
    return [((DAYS.index(first) + day) % 7 * 24 * 60 + begin, length) for day in range(days)]
