"""The hours of a week as a grid to paint: seven days of 24 hours, and back into lines of the configuration."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from radquarry.configuration.week import DAYS, WeekWindows

HOUR, DAY = 60, 24 * 60


@dataclass(frozen=True)
class HourCell:
    """One hour of the week: `value` names it in the form; `part` where only some of its minutes are open."""

    value: int
    day: int
    hour: int
    is_open: bool
    part: bool


def cells(windows: WeekWindows, chosen: Collection[int] | None = None) -> tuple[HourCell, ...]:
    """All 168 of them, Monday first; `chosen` are the ones that a form had ticked, else those of `windows`."""
    minutes = windows.open_minutes
    return tuple(_cell(value, minutes[value * HOUR : (value + 1) * HOUR], chosen) for value in range(7 * 24))


def _cell(value: int, minutes: bytes, chosen: Collection[int] | None) -> HourCell:
    is_open = any(minutes) if chosen is None else value in chosen
    part = any(minutes) and not all(minutes) and is_open
    return HourCell(value, value // 24, value % 24, is_open, part)


def painted(windows: WeekWindows, chosen: Collection[int]) -> WeekWindows:
    """`windows` with the hours that were changed; hours that were left as they were keep their minutes.

    All hours are no windows (always). Raises `ValueError` when no hour is left.
    """
    before = {cell.value for cell in cells(windows) if cell.is_open}
    if set(chosen) == before:
        return windows
    if not chosen:
        raise ValueError("no hour is left")
    minutes = bytearray(windows.open_minutes)
    for value in before.symmetric_difference(chosen):
        minutes[value * HOUR : (value + 1) * HOUR] = (b"\1" if value in chosen else b"\0") * HOUR
    return WeekWindows(() if all(minutes) else tuple(lines(bytes(minutes))))


def lines(minutes: bytes) -> Iterator[str]:
    """The windows of a week of minutes; a stretch that goes on past midnight belongs to the day it begins on."""
    by_day = [list(_stretches(minutes[day * DAY : (day + 1) * DAY])) for day in range(7)]
    joined = [list(stretches) for stretches in by_day]
    for day in range(7):
        morning, evening = by_day[day][:1], by_day[day - 1][-1:]
        if morning and evening and _go_on(evening[0], morning[0]):
            joined[day - 1][-1] = (evening[0][0], morning[0][1])
            joined[day].remove(morning[0])
    yield from _as_lines([tuple(stretches) for stretches in joined])


def _stretches(minutes: bytes) -> Iterator[tuple[int, int]]:
    """First minute and the one after the last of each open stretch of a day."""
    begin = None
    for place, is_open in enumerate((*minutes, 0)):
        if is_open and begin is None:
            begin = place
        elif not is_open and begin is not None:
            yield begin, place
            begin = None


def _go_on(evening: tuple[int, int], morning: tuple[int, int]) -> bool:
    """Whether two stretches are one window of at most a day around midnight; a whole day stands by itself."""
    return evening[1] == DAY and morning[0] == 0 and evening[0] > 0 and 0 < morning[1] <= evening[0]


def _as_lines(by_day: Sequence[tuple[tuple[int, int], ...]]) -> Iterator[str]:
    """Days in a row with the same windows share their lines."""
    first = 0
    for day in range(1, 8):
        if day < 7 and by_day[day] == by_day[first]:
            continue
        names = DAYS[first] if day - first == 1 else f"{DAYS[first]}-{DAYS[day - 1]}"
        for begin, end in by_day[first]:
            yield f"{names} {_clock(begin)}-{_clock(end)}"
        first = day


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
