"""What a `callback` names: a converter of ours, looked up by its name. Nothing is ever imported from a configuration.

A converter takes the value's text and gives what goes into the table; it raises ValueError for a text it cannot read.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

Converter = Callable[[str], object]

AGE = re.compile(r"(\d{3})([DWMY])", re.IGNORECASE)
CLOCK = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?", re.ASCII)
MOMENT = re.compile(
    r"(\d{4})[-.]?(\d{2})[-.]?(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?)?", re.ASCII
)
PER_YEAR = {"D": 365, "W": 52, "M": 12, "Y": 1}
MIDNIGHT = datetime(1970, 1, 1, tzinfo=UTC)


def str2datetime(text: str) -> datetime:
    """DA or DT: `YYYYMMDD`, `YYYYMMDDHHMMSS.FFFFFF&ZZXX`; without a zone where there is none."""
    found = MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no date of DICOM")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second, _microseconds(found[7]))  # noqa: DTZ001 - DICOM's local time
    return moment.replace(tzinfo=datetime.strptime(found[8], "%z").tzinfo) if found[8] else moment


def str2timedelta(text: str) -> timedelta:
    """TM: `HH`, `HHMM`, `HHMMSS.FFFFFF`, as the time since midnight."""
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no time of DICOM")
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
    if hours > 23 or minutes > 59 or seconds > 60:
        raise ValueError("is no time of day")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=_microseconds(found[4]))


def agestr2years(text: str) -> int:
    """AS: `034Y`, `018M`, `012W`, `100D` in whole years of 365 days, 52 weeks, 12 months."""
    found = AGE.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no age of DICOM such as 034Y")
    return int(found[1]) // PER_YEAR[found[2].upper()]


def datetime2str(text: str) -> str:
    """A date as DICOM writes it: `YYYYMMDD`, with the time where there is one."""
    moment = str2datetime(text)
    day = f"{moment.year:04}{moment:%m%d}"
    has_time = (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0)
    return f"{day}{moment:%H%M%S.%f%z}" if has_time else day


def timedelta2str(text: str) -> str:
    """A time as DICOM writes it: `HHMMSS.FFFFFF`."""
    return f"{MIDNIGHT + str2timedelta(text):%H%M%S.%f}"


def whole(text: str) -> int:
    """A number without its fraction."""
    return int(_number(text))


def fraction(text: str) -> float:
    """A number."""
    return float(_number(text))


def several(text: str) -> list[str]:
    """The values of an attribute that has several."""
    return text.split("\\") if text else []


CONVERTERS: dict[str, Converter] = {
    "str": str,
    "int": whole,
    "float": fraction,
    "bool": bool,
    "list": several,
    "pacsanini.convert:str2datetime": str2datetime,
    "pacsanini.convert:str2timedelta": str2timedelta,
    "pacsanini.convert:agestr2years": agestr2years,
    "pacsanini.convert:datetime2str": datetime2str,
    "pacsanini.convert:timedelta2str": timedelta2str,
}


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("is no number") from None
    if not number.is_finite() or abs(number.adjusted()) > 308:
        raise ValueError("is no number")
    return number


def _microseconds(fraction_digits: str | None) -> int:
    return int((fraction_digits or "").ljust(6, "0"))
