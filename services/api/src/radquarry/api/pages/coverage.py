"""The coverage calendar: what of each day the index knows, in years of small squares."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from radquarry.api.coverage import CoverageDay, CoverageView

CELL = 14
YEARS_ON_A_PAGE = 3


@dataclass(frozen=True)
class Cell:
    """A day as a square: its place in pixels and its class: c0…c3 by number of studies, `gap`, `unseen`, `future`."""

    day: date
    look: str
    studies: int
    x: int
    y: int
    chosen: bool


@dataclass(frozen=True)
class Quarter:
    """Three months: weeks are columns, Monday is on top. `months` are the months' labels and places."""

    cells: tuple[Cell, ...]
    months: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class MonthRow:
    """The same days as numbers."""

    month: str
    complete: int
    gaps: int
    unseen: int
    studies: int


@dataclass(frozen=True)
class Year:
    """A year of the calendar, and its months as a table."""

    year: int
    quarters: tuple[Quarter, ...]
    rows: tuple[MonthRow, ...]


@dataclass(frozen=True)
class CoveragePage:
    """Years, newest first. `prefix` makes a day's relative address; `chosen` is the day that was clicked."""

    pacs: str
    names: tuple[str, ...]
    prefix: str
    years: tuple[Year, ...]
    view: CoverageView | None
    chosen: CoverageDay | None
    gaps: tuple[CoverageDay, ...]
    earlier: int | None
    later: int | None


@dataclass(frozen=True)
class Shown:
    """Which part of the calendar is on the page: years up to `last`, of those from `first_known` to `last_known`."""

    first: int
    last: int
    first_known: int
    last_known: int


def shown_years(seen: tuple[date, date] | None, wanted: int | None, today: date) -> Shown:
    """The three years that hold `wanted`, counted back from the newest that was ever asked."""
    first_known, last_known = (seen[0].year, seen[1].year) if seen else (today.year, today.year)
    pages_back = max(0, last_known - (wanted or last_known)) // YEARS_ON_A_PAGE
    last = max(last_known - pages_back * YEARS_ON_A_PAGE, first_known)
    return Shown(max(first_known, last - YEARS_ON_A_PAGE + 1), last, first_known, last_known)


def coverage_page(
    view: CoverageView, names: Sequence[str], shown: Shown, chosen: date | None, today: date
) -> CoveragePage:
    """The calendar of `view`, whose days are those of the years shown."""
    by_year: dict[int, list[CoverageDay]] = {year: [] for year in range(shown.last, shown.first - 1, -1)}
    for day in view.days:
        by_year.get(day.day.year, []).append(day)
    return CoveragePage(
        pacs=view.pacs,
        names=tuple(names),
        prefix="" if chosen else f"{view.pacs}/",
        years=tuple(_year(year, days, chosen, today) for year, days in by_year.items()),
        view=view,
        chosen=next((day for day in view.days if day.day == chosen), None),
        gaps=tuple(day for day in reversed(view.days) if day.state == "gap"),
        earlier=shown.first - 1 if shown.first > shown.first_known else None,
        later=min(shown.last + YEARS_ON_A_PAGE, shown.last_known) if shown.last < shown.last_known else None,
    )


def _year(year: int, days: Sequence[CoverageDay], chosen: date | None, today: date) -> Year:
    most = max((day.studies for day in days), default=0)
    quarters = []
    for first_month in (1, 4, 7, 10):
        inside = [day for day in days if first_month <= day.day.month < first_month + 3]
        if inside and inside[0].day <= today:
            quarters.append(_quarter(inside, most, chosen, today))
    return Year(year, tuple(quarters), tuple(_rows(days, today)))


def _quarter(days: Sequence[CoverageDay], most: int, chosen: date | None, today: date) -> Quarter:
    monday = days[0].day - timedelta(days=days[0].day.weekday())
    cells, months = [], []
    for day in days:
        x = (day.day - monday).days // 7 * CELL
        look = "future" if day.day > today else _look(day, most)
        cells.append(Cell(day.day, look, day.studies, x, day.day.weekday() * CELL, day.day == chosen))
        if day.day.day == 1:
            months.append((day.day.month, x))
    return Quarter(tuple(cells), tuple(months))


def _look(day: CoverageDay, most: int) -> str:
    if day.state != "complete":
        return day.state
    return f"c{min(3, 1 + day.studies * 3 // (most + 1))}" if day.studies else "c0"


def _rows(days: Sequence[CoverageDay], today: date) -> Iterator[MonthRow]:
    for number in range(1, 13):
        inside = [day for day in days if day.day.month == number and day.day <= today]
        if inside:
            states = Counter(day.state for day in inside)
            yield MonthRow(
                f"{inside[0].day:%Y-%m}",
                states["complete"],
                states["gap"],
                states["unseen"],
                sum(day.studies for day in inside),
            )
