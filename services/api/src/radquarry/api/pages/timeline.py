"""All studies of one patient on one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from radquarry.api.pages.study_line import StudyLine

MOST_ROWS = 200
CLOSEST = 1.4


@dataclass(frozen=True)
class Point:
    """One study on the line: its place in percent, on which of three rows; `current` is the one being read."""

    line: StudyLine
    x: float
    row: int
    current: bool


@dataclass(frozen=True)
class Timeline:
    """The line from the first study to the last, with the years' names below it; `more` were left out."""

    points: tuple[Point, ...]
    ticks: tuple[tuple[str, float], ...]
    more: int


def timeline(lines: Sequence[StudyLine], current: str) -> Timeline | None:
    """The line through `lines` (oldest first); None for a patient with a single study."""
    if len(lines) < 2:
        return None
    at = next((i for i, line in enumerate(lines) if line.uid == current), 0)
    begin = max(0, min(at - MOST_ROWS // 2, len(lines) - MOST_ROWS))
    shown = lines[begin : begin + MOST_ROWS]
    days = [line.day for line in shown if line.day]
    first, last = (min(days), max(days)) if days else (None, None)
    return Timeline(tuple(_points(shown, current, first, last)), _ticks(first, last), len(lines) - len(shown))


def _points(lines: Sequence[StudyLine], current: str, first: date | None, last: date | None) -> list[Point]:
    """Studies that lie close together stand above each other."""
    points: list[Point] = []
    for line in lines:
        x = _place(line.day, first, last)
        row = points[-1].row + 1 if points and x - points[-1].x < CLOSEST else 0
        points.append(Point(line, x, row % 3, line.uid == current))
    return points


def _place(day: date | None, first: date | None, last: date | None) -> float:
    """Between 2 and 98 percent; a study without a date stands at the left end."""
    if day is None or first is None or last is None or first == last:
        return 2.0
    return round(2 + 96 * (day - first).days / (last - first).days, 2)


def _ticks(first: date | None, last: date | None) -> tuple[tuple[str, float], ...]:
    if first is None or last is None:
        return ()
    years = [date(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
    every = max(1, len(years) // 8)
    inner = tuple((str(begin.year), _place(begin, first, last)) for begin in years[::every])
    return inner if inner and inner[0][1] < 12 else ((str(first.year), 2.0), *inner)
