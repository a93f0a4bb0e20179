"""Several days that share a month or a year: 12., 13. und 14.03.2024; 30.12.-2.1.2024; May 3, 5 and 9, 2024."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from radquarry.exporter.reports.incomplete_dates import COUNTED
from radquarry.exporter.reports.month_names import PATTERN, number_of

WORDS = r"(?:bis|und|u\.|sowie|au|et|to|through|al|and|e|y|en|tot)"
BETWEEN = rf"(?:\s?(?:,\s)?{WORDS}\s?|\s?[-–/&+;,]\s?)"
ITEM = r"\d{1,2}(?:\.(?:\s?\d{1,2}\.)?|st|nd|rd|th|er)?"
DAYS = re.compile(
    rf"(?<![\d.,])(?<!\d[/-])(?P<before>(?:{ITEM}{BETWEEN}){{1,9}})"
    r"(?P<last>(?P<day>\d{1,2})(?:\.(?P<month>\d{1,2})\.\s?|(?:\.|st|nd|rd|th|er)?[^\S\n]?(?:of\s|de\s)?"
    rf"(?P<name>{PATTERN})(?:\.|,)?\s?(?:de\s)?)(?P<year>\d{{4}}|\d\d(?!{COUNTED})))(?![\d:])",
    re.IGNORECASE,
)
MONTH_FIRST = re.compile(
    rf"(?<![^\W\d_])(?P<name>{PATTERN})\.?\s"
    rf"(?P<days>\d{{1,2}}(?:st|nd|rd|th)?(?:{BETWEEN}\d{{1,2}}(?:st|nd|rd|th)?){{1,9}})(?:,\s?|\s)(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
PARTS = re.compile(
    rf"(?P<day>\d{{1,2}})(?:\.(?:\s?(?P<month>\d{{1,2}})\.)?|st|nd|rd|th|er)?(?P<between>{BETWEEN})?", re.IGNORECASE
)


@dataclass(frozen=True)
class Listed:
    """From `begin` to `end` in a text: `days` (None: there is no such day), and what stands `between` them.

    `whole`: where the last begins, which is whole; `named`: its month has a name there. `as_one`: a date as this
    list would write one, where the month stands before the days.
    """

    begin: int
    end: int
    days: tuple[date | None, ...]
    between: tuple[str, ...]
    whole: int = 0
    named: bool = False
    as_one: str = ""


def lists_in(text: str) -> Iterator[Listed]:
    """In the order of their forms. A comma between numbers without a point needs a word before the last one."""
    for found in DAYS.finditer(text):
        parts = list(PARTS.finditer(found["before"]))
        if not _is_list(parts):
            continue
        month = number_of(found["name"]) if found["name"] else int(found["month"])
        said = [*((int(part["day"]), int(part["month"] or 0)) for part in parts), (int(found["day"]), month)]
        days = _days(said, found["year"])
        between = tuple(_spaced(part["between"]) for part in parts)
        yield Listed(found.start(), found.end(), days, between, found.start("last"), named=found["name"] is not None)
    for found in MONTH_FIRST.finditer(text):
        parts = list(PARTS.finditer(found["days"]))
        month = number_of(found["name"])
        days = _days([(int(part["day"]), month) for part in parts], found["year"])
        between = tuple(_spaced(part["between"]) for part in parts[:-1])
        as_one = f"{found['name']} {parts[-1]['day']}, {found['year']}"
        yield Listed(found.start(), found.end(), days, between, as_one=as_one)


def _is_list(parts: list[re.Match[str]]) -> bool:
    bare = any("," in part["between"] and part[0][part.end("day") - part.start()] == "," for part in parts)
    return not bare or re.search(r"\w|&|\+", parts[-1]["between"]) is not None


def _days(said: list[tuple[int, int]], year: str) -> tuple[date | None, ...]:
    """From the last one, which has month and year, back: none is later than the one behind it."""
    number = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 50 else 1900)
    later, month = said[-1][0], said[-1][1]
    days: list[date | None] = []
    for day, given in reversed(said):
        own = given
        if own and (own, day) > (month, later):
            number -= 1
        elif not own and day > later:
            number, own = (number, month - 1) if month > 1 else (number - 1, 12)
        month, later = own or month, day
        try:
            days.append(date(number, month, day))
        except ValueError:
            days.append(None)
    return tuple(reversed(days))


def _spaced(between: str) -> str:
    word = between.strip()
    if word.lower() == "u.":
        return f" {word} "
    return f" {word} " if word.isalnum() else f"{word} " if word[0] in ",;" else word
