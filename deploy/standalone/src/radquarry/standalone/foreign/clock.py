"""Days and times of day as people and YAML write them."""

import re
from datetime import date, time

DAY = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})")
REST = re.compile(r"[T ]?(\d{2}):?(\d{2})?(?::?(\d{2}))?(\.\d{1,6})?(Z|[+-]\d{2}:?\d{2})?")
"""What DICOM (DT) and ISO 8601 put behind a day."""
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
MINUTES = 24 * 60
SECONDS = MINUTES * 60


def day_of(text: str) -> tuple[date, str]:
    """`YYYYMMDD`, `YYYY-MM-DD`, either with a time behind it; and what is not used of it. Raises ValueError."""
    bare = text.strip()
    found = DAY.match(bare)
    rest = bare[found.end() :] if found else bare
    if found is None or (rest and not REST.fullmatch(rest)):
        raise ValueError('is no day such as "20240131"')
    try:
        day = date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    return day, f"whole days are asked for: {rest.strip('T ')!r} behind the day is not used" if rest else ""


def clock_of(text: str, *, is_number: bool = False) -> tuple[time, str]:
    """`HH`, `HH:MM`, `HH:MM:SS`, `HHMM`; and how a number was understood. Raises ValueError.

    `is_number`: the file has it as a number. A YAML reader makes the number 1200 of an unquoted 20:00 (minutes) and
    72000 of 20:00:00 (seconds), and a file that such a reader wrote again holds that number.
    """
    bare = text.strip()
    if found := CLOCK.fullmatch(bare):
        return _time(int(found[1]), int(found[2]), int(found[3] or 0)), ""
    if not bare.isascii() or not bare.isdigit() or len(bare) > 6:
        raise ValueError('is no time of day such as "20:00"')
    number = int(bare)
    if number <= 24 and len(bare) <= 2:
        return _time(number), ""
    if not is_number or bare.startswith("0"):
        if len(bare) not in (4, 6):
            raise ValueError('is no time of day such as "20:00"')
        return _time(int(bare[:2]), int(bare[2:4]), int(bare[4:] or 0)), ""
    understood = _of_number(number)
    return understood, f'the number {number} is read as {understood:%H:%M}; write "{understood:%H:%M}"'


def _of_number(number: int) -> time:
    if number < MINUTES:
        return _time(number // 60, number % 60)
    if number < 2400:
        return _time(number // 100, number % 100)
    if number < SECONDS:
        return _time(number // 3600, number // 60 % 60, number % 60)
    return _time(number // 10000, number // 100 % 100, number % 100)


def _time(hour: int, minute: int = 0, second: int = 0) -> time:
    """24:00 is midnight."""
    if (hour, minute, second) == (24, 0, 0):
        hour = 0
    try:
        return time(hour, minute, second)
    except ValueError:
        raise ValueError("is no time of day: hours run from 00:00 to 24:00") from None
