"""How long a list the PACS is known to give: an answer is whole only when it is shorter than that."""

import time
from collections.abc import Callable
from dataclasses import dataclass

BELIEVED_SECONDS = 3600.0
"""A PACS's limit may be changed while we run: what was learnt is learnt again after this."""


@dataclass
class Pages:
    """The longest answer seen from one PACS at one level.

    A limit cuts every answer at the same length. So an answer of n rows is whole when one of more rows has been
    seen; with the limit `configured` nothing needs to be learnt. `is_limit` says that the longest answer was
    once found to be cut.
    """

    configured: int | None = None
    clock: Callable[[], float] = time.monotonic
    longest: int = 0
    is_limit: bool = False
    since: float = 0.0

    def saw(self, rows: int) -> None:
        """An answer of so many rows came."""
        self._forget()
        if rows > self.longest:
            self.longest, self.is_limit, self.since = rows, False, self.clock()

    def prove(self, rows: int) -> bool:
        """Whether an answer of so many rows, which the PACS called complete, is known to be."""
        self._forget()
        return rows < self.configured if self.configured else rows == 0 or rows < self.longest

    def hit(self, rows: int) -> bool:
        """Whether so many rows are known to be as many as the PACS gives."""
        return rows >= self.configured if self.configured else self.is_limit and rows >= self.longest

    def cut(self, rows: int) -> None:
        """An answer of so many rows turned out to be cut, though the PACS called it complete."""
        if rows >= self.longest:
            self.longest, self.is_limit, self.since = rows, True, self.clock()

    def _forget(self) -> None:
        if self.clock() - self.since > BELIEVED_SECONDS:
            self.longest, self.is_limit, self.since = 0, False, self.clock()
