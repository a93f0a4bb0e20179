"""The last 24 hours of a PACS as two small pictures, requests and answer time, and the same as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from radquarry.api.archives import SPAN_MINUTES
from radquarry.api.traffic import MINUTES_KEPT, Span

SPANS = MINUTES_KEPT // SPAN_MINUTES
WIDTH, HEIGHT = 480, 40
STEP = WIDTH // SPANS


@dataclass(frozen=True)
class TrafficChart:
    """Paths in a box of WIDTH × HEIGHT: `bars` of requests, `trouble` of refused or failed ones, `line` of the time.

    `hours` are the labels below and their places in percent. `rows` are the stretches in which anything was asked.
    """

    bars: str
    trouble: str
    line: str
    dots: tuple[tuple[float, float], ...]
    hours: tuple[tuple[datetime, float], ...]
    rows: tuple[Span, ...]
    most: int
    slowest: float
    width: int = WIDTH
    height: int = HEIGHT


def traffic_chart(spans: Sequence[Span], now: datetime) -> TrafficChart | None:
    """The chart that ends with the stretch of `now`; None where nothing was asked for a day."""
    last = _begin(now)
    first = last - timedelta(minutes=MINUTES_KEPT - SPAN_MINUTES)
    shown = [span for span in spans if first <= span.begun_at <= last and (span.requests or span.refused)]
    if not shown:
        return None
    most = max(max(span.requests, span.refused + span.failed) for span in shown)
    slowest = max((span.milliseconds or 0.0 for span in shown), default=0.0)
    points = [
        (_x(span, first) + STEP / 2, round(HEIGHT - 2 - span.milliseconds / slowest * (HEIGHT - 6), 1))
        for span in shown
        if span.milliseconds is not None and slowest
    ]
    return TrafficChart(
        bars="".join(_bar(_x(span, first), span.requests / most) for span in shown if span.requests),
        trouble="".join(_bar(_x(s, first), (s.refused + s.failed) / most, 5) for s in shown if s.refused or s.failed),
        line=_line(points),
        dots=tuple(points) if len(points) < 3 else (),
        hours=tuple(_hours(first, last)),
        rows=tuple(shown),
        most=most,
        slowest=slowest,
    )


def _begin(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute - moment.minute % SPAN_MINUTES, second=0, microsecond=0)


def _x(span: Span, first: datetime) -> int:
    return int((span.begun_at - first).total_seconds() // 60) // SPAN_MINUTES * STEP


def _bar(x: int, share: float, least: float = 1.0) -> str:
    height = max(least, round(min(1.0, share) * (HEIGHT - 4), 1))
    return f"M{x + 1} {HEIGHT}v-{height}h{STEP - 2}v{height}z"


def _line(points: Sequence[tuple[float, float]]) -> str:
    """Broken where a stretch between two points had nothing."""
    path, before = "", None
    for x, y in points:
        path += f"{'L' if before is not None and x - before <= STEP else 'M'}{x:g} {y:g}"
        before = x
    return path


def _hours(first: datetime, last: datetime) -> list[tuple[datetime, float]]:
    """Every sixth hour whose label has room within the picture."""
    begin = first.replace(minute=0) + timedelta(hours=1 if first.minute else 0)
    whole = (last - first).total_seconds() + SPAN_MINUTES * 60
    every = [begin + timedelta(hours=n) for n in range(24)]
    places = [(each, round((each - first).total_seconds() / whole * 100, 1)) for each in every if each.hour % 6 == 0]
    return [(each, place) for each, place in places if 5 <= place <= 95]
