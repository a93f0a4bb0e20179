"""Days as people write them: 2023-05-17, 20230517, the month 2023-05, the year 2023."""

import re
from calendar import monthrange
from datetime import date

_DAY = re.compile(r"([0-9]{4})(?:-?([0-9]{2})(?:-?([0-9]{2}))?)?")


def first_day(text: str) -> date:
    """The first day `text` covers; raises ValueError when it is none."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """The last day `text` covers; raises ValueError when it is none."""
    year, month, day = _parts(text)
    first = date(year, month or 12, day or 1)
    return first if day else first.replace(day=monthrange(first.year, first.month)[1])


def _parts(text: str) -> tuple[int, int | None, int | None]:
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a day, a month or a year")
    year, month, day = (None if part is None else int(part) for part in found.groups())
    if year is None or month == 0 or day == 0:
        raise ValueError("no month or day is zero")
    return year, month, day
