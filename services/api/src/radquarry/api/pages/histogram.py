"""The slim histogram over all hits: one bar for each month, or for each year where the months would be too thin."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from radquarry.api.pages.address import Asked

HEIGHT = 56
MOST_BARS = 130
FEWEST_BARS = 12


@dataclass(frozen=True)
class Bar:
    """A bar: place and width in percent of the chart's width, height in pixels from the bottom."""

    label: str
    count: int
    x: float
    width: float
    height: float
    href: str
    first: date
    last: date


@dataclass(frozen=True)
class Tick:
    """The name of a year under the place where it begins, in percent."""

    label: str
    x: float


@dataclass(frozen=True)
class Histogram:
    """Bars from the first month with a study to the last; `by_year` where one bar is a year."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    by_year: bool
    most: int
    height: int = HEIGHT


def histogram(months: Mapping[str, int], asked: Asked) -> Histogram | None:
    """The chart of `months` (`YYYY-MM` → studies); None where there is nothing to compare."""
    labels = list(_every_month(min(months), max(months))) if months else []
    labels = [*_months_before(labels[0], FEWEST_BARS - len(labels)), *labels] if len(labels) > 1 else labels
    by_year = len(labels) > MOST_BARS
    counts: dict[str, int] = dict.fromkeys((label[:4] for label in labels) if by_year else labels, 0)
    for label, count in months.items():
        counts[label[:4] if by_year else label] += count
    if len(counts) < 2:
        return None
    most, step = max(counts.values()), 100 / len(counts)
    bars = []
    for place, (label, count) in enumerate(counts.items()):
        first, last = _span(label)
        bars.append(
            Bar(
                label=label,
                count=count,
                x=round(step * (place + 0.08), 3),
                width=round(step * 0.84, 3),
                height=max(2.0, round(count / most * (HEIGHT - 4), 1)) if count else 0.0,
                href=asked.filtered(study_date_from=first, study_date_to=last).href(),
                first=first,
                last=last,
            )
        )
    return Histogram(tuple(bars), _ticks(bars), by_year, most)


def _ticks(bars: Sequence[Bar]) -> tuple[Tick, ...]:
    """Years, as many as fit beside each other."""
    begins = [bar for bar in bars if bar.label.endswith("-01") or len(bar.label) == 4]
    if not begins or begins[0].x > 12:
        begins.insert(0, bars[0])
    every = max(1, len(begins) // 10)
    return tuple(Tick(bar.label[:4], bar.x) for bar in begins[::every] if bar.x < 95)


def _every_month(first: str, last: str) -> Iterator[str]:
    year, month = (int(part) for part in first.split("-"))
    while (label := f"{year:04}-{month:02}") <= last:
        yield label
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _months_before(first: str, count: int) -> list[str]:
    """`count` months before `first`, so that a few bars do not fill the chart."""
    months = int(first[:4]) * 12 + int(first[5:]) - 1
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(max(0, months - max(0, count)), months)]


def _span(label: str) -> tuple[date, date]:
    if len(label) == 4:
        return date(int(label), 1, 1), date(int(label), 12, 31)
    year, month = (int(part) for part in label.split("-"))
    begin = date(year, month, 1)
    return begin, (begin + timedelta(days=32)).replace(day=1) - timedelta(days=1)
