"""Dates that move by whole days: intervals and times of day stay. Dates that everybody knows do not move."""

import re
from datetime import date, timedelta

DATE = re.compile(r"(\d{4})[.-]?(\d\d)[.-]?(\d\d)(.*)", re.DOTALL)
ZONE = re.compile(r"[+-](?:0\d|1[0-4])[0-5]\d$")

OF_A_DAY = re.compile(r"(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?")
EARLIEST, LATEST = 1880, 2100
"""Years between which somebody who was imaged may live."""
PLACEHOLDERS = frozenset(
    (date(1899, 12, 30), date(1899, 12, 31), *(date(year, 1, 1) for year in range(1900, 2001, 10)),
     date(1901, 1, 1), date(1904, 1, 1), date(1969, 12, 31), date(1980, 1, 6), date(2001, 1, 1), date(1999, 12, 31),
     date(1911, 11, 11))
)  # fmt: skip
"""Where clocks begin, and what is written where no date is known: moved, they would say by how much."""


def is_time_of_day(value: str) -> bool:
    """A TM (`\\` between several) that cannot be a date; colons, as before 1993, are allowed."""
    return all(not text or OF_A_DAY.fullmatch(text) for text in (part.strip(" \0") for part in value.split("\\")))


def shifted(value: str, days: int) -> str | None:
    """A DA or DT (`\\` between several) so many days later; None where a value is no whole date, or a placeholder."""
    moved = []
    for text in (part.strip(" \0") for part in value.split("\\")):
        found = DATE.fullmatch(text)
        if not text:
            moved.append("")
            continue
        if not found or not is_time_of_day(ZONE.sub("", found[4])):
            return None
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
            if day in PLACEHOLDERS or not EARLIEST <= day.year < LATEST:
                return None
            day += timedelta(days=days)
        except (ValueError, OverflowError):
            return None
        moved.append(f"{day:%Y%m%d}".rjust(8, "0") + found[4])
    return "\\".join(moved)
