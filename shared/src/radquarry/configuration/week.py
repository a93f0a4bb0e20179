"""Hours of the week, as `mon-fri 20:00-08:00`: when a PACS may be loaded."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = 7 * 24 * 60
FORM = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? +(\d{1,2}):(\d{2}) *- *(\d{1,2}):(\d{2})", re.IGNORECASE)


class WeekWindows:
    """Windows of the week in local time; one past midnight belongs to the day it begins on. None: always open."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.lines = tuple(lines)
        self._open = bytearray(WEEK)
        for line in self.lines:
            for begin, length in _stretches(line):
                for minute in range(begin, begin + length):
                    self._open[minute % WEEK] = 1

    def __eq__(self, other: object) -> bool:
        """Windows that are open in the same minutes are equal."""
        return isinstance(other, WeekWindows) and (self._open, not self.lines) == (
            other._open,
            not other.lines,
        )

    def __hash__(self) -> int:
        """By the minutes that are open."""
        return hash(bytes(self._open))

    def __repr__(self) -> str:
        """The lines it was made of."""
        return f"WeekWindows({list(self.lines)})"

    def is_open(self, now: datetime) -> bool:
        """Whether local time `now` lies in a window."""
        return not self.lines or bool(self._open[_minute(now)])

    def next_opening(self, now: datetime) -> datetime:
        """`now` when open, else the first minute that is; the windows' own clock, no daylight saving."""
        if self.is_open(now):
            return now
        ahead = next(step for step in range(1, WEEK + 1) if self._open[(_minute(now) + step) % WEEK])
        return now.replace(second=0, microsecond=0) + timedelta(minutes=ahead)

    @property
    def open_minutes(self) -> bytes:
        """One byte for each minute of the week from Monday 00:00, 1 where it is open."""
        return bytes(self._open) if self.lines else b"\1" * WEEK

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


def _minute(now: datetime) -> int:
    return now.weekday() * 24 * 60 + now.hour * 60 + now.minute


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
