"""Days as people and machines write them: in any order, with any separator or none, with a month's name."""

import re
from collections.abc import Iterator

GAP = r"[\s./,:;_-]"
COMPACT = re.compile(r"(?<!\d)(?=(\d{8}))")
SHORT = re.compile(r"(?<!\d)(\d{6})(?!\d)")
APART = re.compile(rf"(?<!\d)(?=((\d{{4}}|\d{{1,2}}){GAP}{{1,2}}(\d{{1,2}}){GAP}{{1,2}}(\d{{1,4}})))")
MONTHS = {"jan": 1, "feb": 2, "mar": 3, "mae": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
          "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12}  # fmt: skip
MONTH = rf"{GAP}{{0,3}}(?:of\s)?({'|'.join(MONTHS)})[a-z]{{0,7}}{GAP}{{0,3}}"
DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?{MONTH}(\d{{4}}|\d\d)(?!\d)")
MONTH_FIRST = re.compile(rf"{MONTH}(\d{{1,2}})(?:st|nd|rd|th)?{GAP}{{0,3}}(\d{{4}}|\d\d)(?!\d)")
YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}}){MONTH}(\d{{1,2}})(?!\d)")
Day = tuple[int, int, int]


def days_of(dates: frozenset[str]) -> frozenset[Day]:
    """Year, month, day of texts of eight digits, and again with a year of two digits."""
    whole = {(int(date[:4]), int(date[4:6]), int(date[6:8])) for date in dates if re.fullmatch(r"[0-9]{8}", date)}
    return frozenset(whole | {(year % 100, month, day) for year, month, day in whole})


def written(text: str, days: frozenset[Day]) -> Iterator[tuple[int, int]]:
    """Where the folded text says one of the days: begin and end."""
    if days:
        yield from (span for span, meant in _candidates(text) if not days.isdisjoint(meant))


def _candidates(text: str) -> Iterator[tuple[tuple[int, int], set[Day]]]:
    """Whatever looks like a day, and which it may be."""
    for found in COMPACT.finditer(text):
        yield found.span(1), _of_eight(found[1])
    for found in SHORT.finditer(text):
        yield found.span(), _orders(found[1][:2], found[1][2:4], found[1][4:])
    for found in APART.finditer(text):
        yield found.span(1), _of_three(found[2], found[3], found[4])
    for pattern, (day, month, year) in ((DAY_FIRST, (1, 2, 3)), (MONTH_FIRST, (2, 1, 3)), (YEAR_FIRST, (3, 2, 1))):
        for found in pattern.finditer(text):
            yield found.span(), {(int(found[year]), MONTHS[found[month]], int(found[day]))}


def _of_eight(digits: str) -> set[Day]:
    year_first = _year_first(digits[:4], digits[4:6], digits[6:])
    return year_first | _year_first(digits[4:], digits[:2], digits[2:4])


def _of_three(first: str, second: str, third: str) -> set[Day]:
    if len(first) == 4:
        return _year_first(first, second, third[:2]) | _year_first(first, second, third[:1])
    if len(third) == 4:
        return _year_first(third, first, second) | _orders(first, second, third[:2])
    return _orders(first, second, third) if len(third) <= 2 else set()


def _year_first(year: str, one: str, other: str) -> set[Day]:
    return {(int(year), int(one), int(other)), (int(year), int(other), int(one))}


def _orders(first: str, second: str, third: str) -> set[Day]:
    """With a year of two digits, in front or behind."""
    last = _year_first(third, first, second) if len(third) == 2 else set()
    return last | (_year_first(first, second, third) if len(first) == 2 else set())
