"""How long a list the PACS is known to give: an answer is whole only when it is shorter than that."""

import time
from collections.abc import Callable
from dataclasses import dataclass

BELIEVED_SECONDS = 3600.0
"""A PACS's limit may be changed while we run: what was learnt is learnt again after this."""

Notice = Callable[[str, str], None]
"""Told what kind of thing contradicts the profile, and the same in words with its figures."""


@dataclass(frozen=True)
class Learnt:
    """The longest answer seen, whether it was found to be cut, and when (seconds since the epoch)."""

    longest: int = 0
    is_limit: bool = False
    since: float = 0.0


@dataclass(frozen=True)
class Told:
    """What a profile says: `limit` answers at once, or None where there was no limit up to `longest`."""

    limit: int | None
    longest: int


def _unheard(kind: str, words: str) -> None:
    del kind, words


@dataclass
class Pages:
    """The longest answer seen from one PACS.

    A limit cuts every answer at the same length. So an answer of n rows is whole when one of more rows has been
    seen lately; with the limit `configured` nothing needs to be learnt. `told` says at once which answers are cut, not
    which ones are whole: the limit may have been lowered since. What contradicts it is noticed, and counts.
    """

    configured: int | None = None
    clock: Callable[[], float] = time.time
    learnt: Learnt = Learnt()
    told: Told | None = None
    notice: Notice = _unheard

    def tell(self, told: Told) -> None:
        """The PACS was probed: what was learnt before may be of another limit."""
        self.told = told
        self.learnt = Learnt(since=self.clock())

    def saw(self, rows: int) -> None:
        """An answer of so many rows came."""
        self._forget()
        if self.told and self.told.limit and rows > self.told.limit:
            self.notice("longer", f"an answer of {rows} rows came, its profile says {self.told.limit} at most")
            self.told = None
        if rows > self.learnt.longest:
            self.learnt = Learnt(rows, rows == self._told_limit, self.clock())

    def prove(self, rows: int) -> bool:
        """Whether an answer of so many rows, which the PACS called complete, is known to be."""
        self._forget()
        return rows < self.configured if self.configured else rows == 0 or rows < self.learnt.longest

    def hit(self, rows: int) -> bool:
        """Whether so many rows are known to be as many as the PACS gives."""
        if self.configured:
            return rows >= self.configured
        is_told = self._told_limit is not None and rows >= self._told_limit
        return is_told or (self.learnt.is_limit and rows >= self.learnt.longest)

    def cut(self, rows: int) -> None:
        """An answer of so many rows turned out to be cut, though the PACS called it complete."""
        self.said_cut(rows)
        if rows >= self.learnt.longest:
            self.learnt = Learnt(rows, True, self.clock())  # noqa: FBT003 - reads as its field

    def said_cut(self, rows: int) -> None:
        """An answer was cut after so many rows, and the PACS may have said so."""
        most = (self.told.limit or self.told.longest) if self.told else 0
        if 0 < rows < most:
            self.notice("shorter", f"an answer was cut after {rows} rows, its profile says not before {most}")
            self.told = None

    @property
    def _told_limit(self) -> int | None:
        return self.told.limit if self.told else None

    def _forget(self) -> None:
        if self.clock() - self.learnt.since > BELIEVED_SECONDS:
            self.learnt = Learnt(since=self.clock())
