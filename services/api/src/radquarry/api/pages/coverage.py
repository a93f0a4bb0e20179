"""The coverage calendar: what of each day the index knows, in years of small squares."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote, urlencode

from radquarry.api.coverage import CoverageDay, CoverageView, CoverageWindow, DayState
from radquarry.api.coverage_reach import PacsReach

CELL = 14
YEARS_ON_A_PAGE = 3


@dataclass(frozen=True)
class Cell:
    """A day as a square: its place in pixels and its class: c0…c3 by number of studies, `gap`, `unseen`, `future`.

    `marks` are further classes: `chosen`, `today` (may still grow), `outside` (of the range asked about).
    """

    day: date
    look: str
    studies: int
    x: int
    y: int
    marks: str
    modalities: tuple[tuple[str, DayState], ...]


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
class CalendarAsked:
    """What of the calendar the address asks for."""

    pacs: str
    modality: str = ""
    year: int | None = None
    start_date: date | None = None
    end_date: date | None = None
    day: date | None = None

    @property
    def is_range(self) -> bool:
        """Whether some days are asked about in particular."""
        return self.start_date is not None or self.end_date is not None

    def holds(self, day: date) -> bool:
        """Whether `day` is in the range asked about."""
        return (self.start_date or date.min) <= day <= (self.end_date or date.max)


@dataclass(frozen=True)
class Choices:
    """What there is to choose from, what is known of the chosen day, and of the range asked about."""

    names: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    windows: tuple[CoverageWindow, ...] = ()
    reach: PacsReach | None = None


@dataclass(frozen=True)
class CoveragePage:
    """Years, newest first. `prefix` and `suffix` make a day's relative address; `chosen` is the day that was clicked.

    `modalities` are those to choose from, with their addresses and whether each is chosen; `earlier` and `later` are
    the addresses of other years, empty where none was ever asked.
    """

    pacs: str
    modality: str
    names: tuple[str, ...]
    modalities: tuple[tuple[str, str, bool], ...]
    prefix: str
    suffix: str
    years: tuple[Year, ...]
    view: CoverageView
    chosen: CoverageDay | None
    windows: tuple[CoverageWindow, ...]
    reach: PacsReach | None
    gaps: tuple[CoverageDay, ...]
    earlier: str
    later: str


@dataclass(frozen=True)
class Shown:
    """Which part of the calendar is on the page: years up to `last`, of those from `first_known` to `last_known`."""

    first: int
    last: int
    first_known: int
    last_known: int

    @property
    def is_before_others(self) -> bool:
        """Whether there are later years."""
        return self.last < self.last_known


def shown_years(seen: tuple[date, date] | None, asked: CalendarAsked, today: date) -> Shown:
    """The three years that hold what is asked for, counted back from the newest that was ever asked."""
    first_known, last_known = (seen[0].year, seen[1].year) if seen else (today.year, today.year)
    if asked.is_range:
        begin, end = asked.start_date or asked.end_date or today, min(asked.end_date or today, today)
        first_known, last_known = min(first_known, begin.year, end.year), max(last_known, end.year)
    wanted = asked.year or (min(asked.end_date, today).year if asked.end_date else last_known)
    pages_back = max(0, last_known - wanted) // YEARS_ON_A_PAGE
    last = max(last_known - pages_back * YEARS_ON_A_PAGE, first_known)
    return Shown(max(first_known, last - YEARS_ON_A_PAGE + 1), last, first_known, last_known)


def coverage_page(
    view: CoverageView, choices: Choices, shown: Shown, asked: CalendarAsked, today: date
) -> CoveragePage:
    """The calendar of `view`, whose days are those of the years shown."""
    by_year: dict[int, list[CoverageDay]] = {year: [] for year in range(shown.last, shown.first - 1, -1)}
    for day in view.days:
        by_year.get(day.day.year, []).append(day)
    return CoveragePage(
        pacs=view.pacs,
        modality=asked.modality,
        names=choices.names,
        modalities=tuple(_modalities(choices.modalities, asked)),
        prefix="" if asked.day else f"{view.pacs}/",
        suffix=f"?{urlencode({'modality': asked.modality})}" if asked.modality else "",
        years=tuple(_year(year, days, asked, today) for year, days in by_year.items()),
        view=view,
        chosen=next((day for day in view.days if day.day == asked.day), None),
        windows=choices.windows,
        reach=choices.reach,
        gaps=tuple(day for day in reversed(view.days) if day.state == "gap" and asked.holds(day.day)),
        earlier=_year_href(asked, shown.first - 1) if shown.first > shown.first_known else "",
        later=_year_href(asked, min(shown.last + YEARS_ON_A_PAGE, shown.last_known)) if shown.is_before_others else "",
    )


def _year_href(asked: CalendarAsked, year: int) -> str:
    also = dict(_range(asked)) | ({"modality": asked.modality} if asked.modality else {})
    return f"/coverage/{quote(asked.pacs, safe='')}?{urlencode({'year': year} | also)}"


def _range(asked: CalendarAsked) -> Iterator[tuple[str, str]]:
    if asked.start_date:
        yield "start_date", asked.start_date.isoformat()
    if asked.end_date:
        yield "end_date", asked.end_date.isoformat()


def _modalities(known: Sequence[str], asked: CalendarAsked) -> Iterator[tuple[str, str, bool]]:
    """All of them together first; nothing where there is nothing to choose."""
    names = sorted({*known, *filter(None, [asked.modality])})
    for name in ("", *names) if names else ():
        path = f"/coverage/{quote(asked.pacs, safe='')}{f'/{asked.day}' if asked.day else ''}"
        chosen = dict(_range(asked)) | ({"modality": name} if name else {})
        if asked.year and not asked.day:
            chosen["year"] = str(asked.year)
        yield name, f"{path}?{urlencode(chosen)}" if chosen else path, name == asked.modality


def _year(year: int, days: Sequence[CoverageDay], asked: CalendarAsked, today: date) -> Year:
    most = max((day.studies for day in days), default=0)
    quarters = []
    for first_month in (1, 4, 7, 10):
        inside = [day for day in days if first_month <= day.day.month < first_month + 3]
        if inside and inside[0].day <= today:
            quarters.append(_quarter(inside, most, asked, today))
    return Year(year, tuple(quarters), tuple(_rows(days, today)))


def _quarter(days: Sequence[CoverageDay], most: int, asked: CalendarAsked, today: date) -> Quarter:
    monday = days[0].day - timedelta(days=days[0].day.weekday())
    cells, months = [], []
    for day in days:
        x = (day.day - monday).days // 7 * CELL
        look = "future" if day.day > today and day.state == "unseen" else _look(day, most)
        y, marks = day.day.weekday() * CELL, "".join(_marks(day.day, asked, today))
        cells.append(Cell(day.day, look, day.studies, x, y, marks, day.modalities))
        if day.day.day == 1:
            months.append((day.day.month, x))
    return Quarter(tuple(cells), tuple(months))


def _marks(day: date, asked: CalendarAsked, today: date) -> Iterator[str]:
    if day == asked.day:
        yield " chosen"
    if day == today:
        yield " today"
    if not asked.holds(day):
        yield " outside"


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
