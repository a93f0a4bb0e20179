"""Whether a value matches a C-FIND key (PS3.4 C.2.2.2): single value, UID list, wildcard, range, universal."""

import math
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

_WILDCARD_VRS = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
_TIME = re.compile(r"(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?")


def matches(vr: str, key: tuple[str, ...], value: str | tuple[str, ...]) -> bool:
    """True when a record's `value` matches `key`, the values of an identifier's element of this VR.

    An empty key, or `*` where wildcards are allowed, matches everything; a sequence matches everything; of several
    values of a key or of a record one match is enough. Date and time match independently, a bound of a range with
    fewer digits means its first moment.
    """
    if is_universal(vr, key):
        return True
    values = (value,) if isinstance(value, str) else value
    return any(_one_matches(vr, asked.strip(), held.strip()) for asked in key for held in values)


def is_universal(vr: str, key: tuple[str, ...]) -> bool:
    """True when the key matches everything."""
    return vr == "SQ" or not any(part.strip() for part in key) or (vr in _WILDCARD_VRS and set(key) == {"*"})


def is_single(vr: str, key: tuple[str, ...]) -> bool:
    """True when the key can only match values that equal one of its own."""
    return not is_universal(vr, key) and not (vr in _WILDCARD_VRS and any("*" in part or "?" in part for part in key))


def _one_matches(vr: str, asked: str, held: str) -> bool:
    if not asked:
        return False
    if vr == "DA":
        return _in_range(asked, held, day_number)
    if vr == "TM":
        return _in_range(asked, held, microseconds)
    if vr in {"IS", "DS"}:
        return _same_number(asked, held)
    if vr == "PN":
        asked, held = asked.rstrip("^=").casefold(), held.rstrip("^=").casefold()
    if vr in _WILDCARD_VRS and ("*" in asked or "?" in asked):
        return _pattern(asked).fullmatch(held) is not None
    return asked == held


def _in_range(asked: str, held: str, measure: Callable[[str], int | None]) -> bool:
    moment = measure(held)
    if moment is None:
        return False
    low, high = range_of(asked, measure)
    return low is not None and high is not None and low <= moment <= high


def range_of(asked: str, measure: Callable[[str], int | None]) -> tuple[float | None, float | None]:
    """The bounds, both included, of `A-B`, `A-`, `-B` or `A`; None for a bound that is no date or time."""
    first, dash, last = (part.strip() for part in asked.partition("-"))
    low: float | None = measure(first) if first or not dash else -math.inf
    if not dash:
        return low, low
    return low, measure(last) if last else math.inf


def day_of(text: str) -> date | None:
    """The date of a DA value, also in the old form 1997.04.24; None when it is none."""
    digits = text.strip().replace(".", "")
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def day_number(text: str) -> int | None:
    """The day of a DA value as a number; None when it is none."""
    day = day_of(text)
    return None if day is None else day.toordinal()


def microseconds(text: str) -> int | None:
    """The moment of a TM value, in microseconds since midnight; None when it is none."""
    parts = _TIME.fullmatch(text.strip().replace(":", ""))
    if parts is None:
        return None
    hour, minute, second = (int(part or 0) for part in parts.group(1, 2, 3))
    if hour > 23 or minute > 59 or second > 60:
        return None
    return (hour * 3600 + minute * 60 + second) * 1_000_000 + int((parts[4] or "").ljust(6, "0") or 0)


def _same_number(asked: str, held: str) -> bool:
    try:
        return float(asked) == float(held)
    except ValueError:
        return asked == held


@lru_cache(maxsize=256)
def _pattern(wildcard: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in wildcard), re.DOTALL)
