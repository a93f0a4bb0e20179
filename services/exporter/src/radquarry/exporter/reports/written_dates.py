"""Dates as people write them in reports: moved by the patient's days in the form they have, or removed."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from radquarry.exporter.cleaning.dates import EARLIEST, LATEST, PLACEHOLDERS
from radquarry.exporter.reports.day_lists import lists_in
from radquarry.exporter.reports.incomplete_dates import COUNTED, MONTH, incomplete_dates_in, is_counted
from radquarry.exporter.reports.month_names import PATTERN, number_of, written_like
from radquarry.exporter.reports.spans import Span, marked

NUMERIC = re.compile(
    r"(?:(?<![\d.,/\-])|(?<=[^\W\d_][/\-])(?=\d\d\.\d\d\.\d\d)|(?<=\b[Gg]eb\.)|(?<=\bGEB\.)|(?<=\d{4}[,/\-])|(?<=[.\-]\d\d[,/])|(?<=\.\d\d-))"
    r"(?P<one>\d{1,4})(?P<first>\s?[./\-]\s?)(?P<two>\d{1,2})(?P<second>\s?[./\-]\s?)(?P<three>\d{2,4}|(?:(?<=\d{4}[/-]\d[/-])|(?<=\d{4}[/-]\d\d[/-]))[1-9])"
    r"(?:(?![\d]|[.,/\-]\d)|(?<=[./]\d{4})(?=[,/\-]\d)|(?=[,/\-]\d{1,2}\.\d{1,2}\.\d\d)|(?=[,/]\d{4}-\d\d-\d\d))"
)
"""Several may stand side by side: 3.5.2024-5.5.2024, 2024-05-03/2024-05-05."""
A_TIME = r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?!\d)"
COMPACT = re.compile(rf"(?<![\d.])(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:(?!\d|\.\d)|(?={A_TIME}))")
DAY_FIRST = re.compile(
    rf"(?<![\d.,])(?P<day>\d{{1,2}})(?P<a>\.|st|nd|rd|th|er)?(?P<b>\s?[-/]?(?:of\s|de\s)?){MONTH}(?P<c>\.?,?\s?(?:del?\s|[-/])?)"
    rf"(?P<year>\d{{4}}|'?\d\d(?!\d|:\d|{COUNTED}))(?!\d)",
    re.IGNORECASE,
)
MONTH_FIRST = re.compile(
    rf"(?<![^\W\d_]){MONTH}(?P<a>\.?\s?)(?P<day>\d{{1,2}})(?P<b>st|nd|rd|th)?(?P<c>,?\s?)(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ROMAN = re.compile(
    r"(?<![\d.,/-])(?P<day>\d{1,2})(?P<first>\.\s?|[/-])(?P<month>X?V?I{1,3}|I?[VX])(?P<second>\.?\s?|[/-])"
    r"(?P<year>(?:19|20)\d\d|(?<=[./-])\d\d)(?![\w/]|[.,]\d)",
    re.IGNORECASE,
)
MISTYPED = re.compile(
    r"(?<![\d.,/-])(?P<day>\d{1,2})(?P<first>[.,]{1,2}|(?<=\d\d)[/_ -])(?P<month>\d{1,2})"
    r"(?P<second>[.,]{1,2}|(?<=\d\d)[/_ -])(?P<year>(?:19|20)\d\d)(?![\w/]|[.,]\d)"
)
"""A comma for a point, two points, other separators in one date: whole years only."""
WEEKDAY = (
    r"(?:(?:Mon|Diens|Donners|Frei|Sams)tag|Mittwoch|Sonn(?:tag|abend)|Mo|Di|Mi|Do|Fr|Sa|So|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    r"|Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
    r"|(?:lune|marte|mercole|giove|vener)dì|sabato|domenica)"
)
DATED = re.compile(
    rf"(?<!\w)(?P<name>{WEEKDAY})(?:\.?,?\s{{1,2}}(?:de[nmr]\s|le\s|the\s)?"
    rf"(?=\d{{1,4}}[./-]\s?\d{{1,2}}[./-]|\d{{1,2}}(?:\.|st|nd|rd|th|er)?\s?(?:of\s|de\s)?(?:{PATTERN})|(?:{PATTERN})\s\d))",
    re.IGNORECASE,
)
"""A weekday before a date: beside a moved one it tells by how many days, but for whole weeks."""


@dataclass(frozen=True)
class Dating:
    """How dates move: None removes them; `month_first` for 3/4/2023; `language` of months' names that several have."""

    days: int | None
    month_first: bool
    language: str


def dating_of(text: str, days: int | None, languages: Sequence[str]) -> Dating:
    """Which part of 3/4/2023 is the month, the text's other dates say, else whether it reads as English."""
    slashed = [(int(one), int(two)) for one, two in re.findall(r"(?<!\d)(\d{1,2})/(\d{1,2})/\d{2,4}(?!\d)", text)]
    day_first = any(12 < one <= 31 for one, _ in slashed)
    month_first = any(12 < two <= 31 for _, two in slashed)
    german = len(re.findall(r"(?<!\w)(?:der|die|das|und|kein|mit|des|le|la|les|con|della)(?!\w)", text, re.IGNORECASE))
    english = len(re.findall(r"(?<!\w)(?:the|and|of|no|with|is)(?!\w)", text, re.IGNORECASE))
    is_english = english > german or (english == german and languages[0] == "en")
    return Dating(days, month_first or (not day_first and is_english), "en" if is_english else languages[0])


def dates_in(text: str, dating: Dating) -> Iterator[Span]:
    """Lists of days and ranges first, then whole dates, then what is left of incomplete ones."""
    yield from _listed(text, dating)
    for found in NUMERIC.finditer(text):
        if (span := _numeric(found, dating)) is not None:
            yield span
    yield from _mistyped(text, dating)
    yield from _compact(text, dating)
    for pattern in (DAY_FIRST, MONTH_FIRST):
        yield from (_named(found, dating) for found in pattern.finditer(text))
    for found in DATED.finditer(text):
        yield marked(*found.span("name"), "date")
    yield from incomplete_dates_in(text)


def _compact(text: str, dating: Dating) -> Iterator[Span]:
    for found in COMPACT.finditer(text):
        day = _day(found["year"], found["month"], found["day"])
        if day is not None:
            yield _span(found, _moved(day, dating), "{:%Y%m%d}".format)


def _day(year: str, month: str | int, day: str) -> date | None:
    number = int(year.lstrip("'"))
    if len(year.lstrip("'")) == 2:
        number += 2000 if number < 50 else 1900
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def _moved(day: date, dating: Dating) -> date | None:
    if dating.days is None or day in PLACEHOLDERS or not EARLIEST <= day.year < LATEST:
        return None
    try:
        return day + timedelta(days=dating.days)
    except OverflowError:
        return None


def _span(found: re.Match[str], moved: date | None, form: Callable[[date], str]) -> Span:
    if moved is None:
        return marked(found.start(), found.end(), "date")
    return Span(found.start(), found.end(), "date", form(moved))


def _numeric(found: re.Match[str], dating: Dating) -> Span | None:
    """Year first where it has four digits; None for what is no date, as a number of a section (1.5.12)."""
    one, two, three = found["one"], found["two"], found["three"]
    first, second = found["first"], found["second"]
    if first.strip() != second.strip() or len(three) == 3 or len(one) == 3:
        return None
    if len(one) == 4:
        order = ("year", "month", "day") if len(three) <= 2 else ()
    elif first.strip() == "/" and dating.month_first:
        order = ("month", "day", "year") if int(one) <= 12 else ("day", "month", "year")
    else:
        order = ("day", "month", "year") if int(two) <= 12 else ("month", "day", "year")
    if not order:
        return None
    parts = dict(zip(order, (one, two, three), strict=True))
    day = _day(parts["year"], parts["month"], parts["day"])
    if day is None:
        return marked(found.start(), found.end(), "date") if len(parts["year"]) == 4 and int(two) < 32 else None

    def form(moved: date) -> str:
        numbers = {"year": moved.year, "month": moved.month, "day": moved.day}
        bare = any(len(parts[name]) == 1 for name in ("day", "month"))
        written = [str(numbers[name]) if bare and name != "year" else _as(numbers[name], parts[name]) for name in order]
        return f"{written[0]}{first}{written[1]}{second}{written[2]}"

    return _span(found, _moved(day, dating), form)


def _as(number: int, like: str) -> str:
    """A number with as many digits as the one before: a year of two, a day with or without its zero."""
    if like.startswith("'"):
        return f"'{number % 100:02}"
    if len(like) == 4:
        return f"{number:04}"
    return f"{number % 100:02}" if len(like) == 2 else str(number)


def _named(found: re.Match[str], dating: Dating) -> Span:
    day = _day(found["year"], number_of(found["name"]), found["day"])
    return _span(found, None if day is None else _moved(day, dating), partial(_as_named, found, dating.language))


def _as_named(found: re.Match[str], language: str, new: date) -> str:
    """Another day in the form of one with a month's name."""
    if found["a"] == "." and found.start("a") < found.start("name"):
        language = "de"
    elif "de" in f"{found['b']}{found['c']}":
        language = "es"
    month = written_like(found["name"], new.month, language)
    changed = {"day": _as(new.day, found["day"]) if len(found["day"]) == 2 else str(new.day), "name": month,
               "year": _as(new.year, found["year"])}  # fmt: skip
    for ending in ("a", "b"):
        if (found[ending] or "").lower() in ("st", "nd", "rd", "th"):
            changed[ending] = _ordinal(new.day)
    names = sorted(found.re.groupindex, key=found.start)
    return "".join(changed.get(name, found[name] or "") for name in names)


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _listed(text: str, dating: Dating) -> Iterator[Span]:
    """12., 13. und 14.03.2023: each day is written whole, as they may fall into two months."""
    for listed in lists_in(text):
        named = DAY_FIRST.match(text, listed.whole) if listed.named else MONTH_FIRST.match(listed.as_one)
        form = partial(_as_named, named, dating.language) if named else "{:%d.%m.%Y}".format
        moved = [None if day is None else _moved(day, dating) for day in listed.days]
        days = [form(day) for day in moved if day is not None]
        if len(days) < len(moved):
            yield marked(listed.begin, listed.end, "date")
            continue
        pieces = [piece for pair in zip(days, [*listed.between, ""], strict=True) for piece in pair]
        yield Span(listed.begin, listed.end, "date", "".join(pieces))


def _mistyped(text: str, dating: Dating) -> Iterator[Span]:
    """4.III.2024, 04,03.2024: in the form they have."""
    for found in ROMAN.finditer(text):
        month = ROMANS.index(found["month"].upper()) + 1
        day = _day(found["year"], month, found["day"])
        if day is not None:
            yield _span(found, _moved(day, dating), partial(_as_mistyped, found))
    for found in MISTYPED.finditer(text):
        day = _day(found["year"], found["month"], found["day"])
        if day is not None and not is_counted(text, *found.span()):
            yield _span(found, _moved(day, dating), partial(_as_mistyped, found))


def _as_mistyped(found: re.Match[str], new: date) -> str:
    month = ROMANS[new.month - 1] if found["month"].isalpha() else _as(new.month, found["month"])
    month = month.lower() if found["month"].islower() else month
    return f"{_as(new.day, found['day'])}{found['first']}{month}{found['second']}{_as(new.year, found['year'])}"
