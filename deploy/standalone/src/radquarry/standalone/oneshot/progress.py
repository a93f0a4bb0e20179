"""How far a command is, on standard error: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

LINE_SECONDS = 5.0


class Shown(Protocol):
    """Counts as they grow."""

    def step(self, found: int) -> None:
        """One more of the whole is done, and gave so much."""

    def gain(self, found: int) -> None:
        """So much more is found; nothing more is done."""


class Pace:
    """Counts, rate and expected end; what was there from the start does not count for the rate."""

    def __init__(self, total: int, done: int, found: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = done
        self.found = found
        self._clock = clock
        self._start = (clock(), done, found)

    def step(self, found: int) -> None:
        """See `Shown`."""
        self.done += 1
        self.found += found

    def gain(self, found: int) -> None:
        """See `Shown`."""
        self.found += found

    @property
    def rate(self) -> float:
        """Found in a second."""
        begun, _, found = self._start
        return (self.found - found) / max(self._clock() - begun, 0.001)

    @property
    def seconds_left(self) -> float | None:
        """None before anything is known."""
        begun, done, _ = self._start
        if self.done == done:
            return None
        return (self._clock() - begun) / (self.done - done) * (self.total - self.done)

    def words(self, what: str, of: str) -> str:
        """`12 of 365 days, 340 studies, 28/s, done about 14:03`."""
        left = self.seconds_left
        end = "" if left is None or self.done >= self.total else f", done about {_clock_in(left)}"
        return f"{self.done} of {self.total} {of}, {self.found} {what}, {self.rate:.0f}/s{end}"


class _Lines:
    def __init__(self, pace: Pace, screen: Console, what: str, of: str) -> None:
        self._pace = pace
        self._screen = screen
        self._names = (what, of)
        self._said = time.monotonic()

    def step(self, found: int) -> None:
        self._pace.step(found)
        self._say_now_and_then()

    def gain(self, found: int) -> None:
        self._pace.gain(found)
        self._say_now_and_then()

    def _say_now_and_then(self) -> None:
        if time.monotonic() - self._said >= LINE_SECONDS:
            self.say()

    def say(self) -> None:
        self._said = time.monotonic()
        self._screen.print(Text(self._pace.words(*self._names)), soft_wrap=True)


class _PaceColumn(ProgressColumn):
    def __init__(self, pace: Pace, what: str) -> None:
        super().__init__()
        self._pace = pace
        self._what = what

    def render(self, task: Task) -> Text:
        del task
        left = self._pace.seconds_left
        end = "" if left is None else f", done about {_clock_in(left)}"
        return Text(f"{self._pace.found} {self._what}, {self._pace.rate:.0f}/s{end}")


class _Bar:
    def __init__(self, pace: Pace, progress: Progress, of: str) -> None:
        self._pace = pace
        self._progress = progress
        self._task = progress.add_task(of, total=pace.total, completed=pace.done)

    def step(self, found: int) -> None:
        self._pace.step(found)
        self._progress.update(self._task, completed=self._pace.done)

    def gain(self, found: int) -> None:
        self._pace.gain(found)


@contextmanager
def shown(screen: Console, pace: Pace, what: str, of: str) -> Iterator[Shown]:
    """A bar where `screen` is a terminal, else lines; `what` is found in each `of`."""
    if not screen.is_terminal:
        lines = _Lines(pace, screen, what, of)
        try:
            yield lines
        finally:
            lines.say()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _PaceColumn(pace, what))
    with Progress(*columns, console=screen) as progress:
        yield _Bar(pace, progress, of)


def _clock_in(seconds: float) -> str:
    """The time of day so many seconds from now; with the day when that is another one."""
    now = datetime.now().astimezone()
    end = now + timedelta(seconds=min(seconds, 10 * 365 * 86400))
    return f"{end:%H:%M}" if end.date() == now.date() else f"{end:%Y-%m-%d %H:%M}"
