"""What one message says about a crawl, without anything of the patient, and the rules that make it a state.

A study of a crawl is a set of bits that only ever grows (a replay alone takes a failure bit away), so that any
order and any repetition of the messages ends in the same place.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntFlag
from typing import Any
from uuid import UUID

from radquarry.api.crawl_contradictions import Contradicted
from radquarry.messages import (
    CrawlCompleted,
    CrawlPlanned,
    CrawlRequested,
    CrawlResumed,
    Gap,
    RowResult,
    RowsListed,
)


class Seen(IntFlag):
    """What was heard of one study of one crawl."""

    NOTHING = 0
    FOUND = 1
    STUDY_INDEXED = 2
    REPORT_FETCHED = 4
    REPORT_MISSING = 8
    REPORT_INDEXED = 16
    INDEX_FAILED = 32
    REPORT_FAILED = 64
    REPORT_INDEX_FAILED = 128


INDEX_DONE = Seen.STUDY_INDEXED | Seen.INDEX_FAILED
REPORT_DONE = Seen.REPORT_MISSING | Seen.REPORT_FAILED
REPORT_INDEX_DONE = Seen.REPORT_INDEXED | Seen.REPORT_INDEX_FAILED


def is_settled(seen: Seen) -> bool:
    """Found and in the index, and its report is there or known to be missing; or a failure says why not."""
    reported = seen & REPORT_DONE or (seen & Seen.REPORT_FETCHED and seen & REPORT_INDEX_DONE)
    return bool(seen & Seen.FOUND and seen & INDEX_DONE and reported)


def has_failed(seen: Seen) -> bool:
    """A failure that no later success has made good."""
    return bool(
        (seen & Seen.INDEX_FAILED and not seen & Seen.STUDY_INDEXED)
        or (seen & Seen.REPORT_FAILED and not seen & (Seen.REPORT_FETCHED | Seen.REPORT_MISSING))
        or (seen & Seen.REPORT_INDEX_FAILED and not seen & Seen.REPORT_INDEXED)
    )


@dataclass(frozen=True)
class StudySeen:
    """These bits of one study; `forget` are those a replay takes away."""

    crawl_id: UUID
    study_instance_uid: str
    seen: Seen
    forget: Seen = Seen.NOTHING


Rank = tuple[bool, datetime, bool, int, int]
"""Orders words about one window or portion; total, so that all end the same way. Unasked is outranked by any other."""


@dataclass(frozen=True)
class WindowSettled:
    """A window was closed, or (with `failure_id`) parked; the latest word about it counts.

    Of a window that was not `asked` (cancelled, refused, parked) the day's coverage learns nothing that it knew better,
    of one that was `narrowed` to some studies nothing at all. `unasked`: its crawl was cancelled before its turn.
    """

    crawl_id: UUID
    pacs: str
    day: date
    modality: str
    decided_at: datetime
    studies: int = 0
    gaps: tuple[Gap, ...] = ()
    failure_id: UUID | None = None
    asked: bool = True
    narrowed: bool = False
    unasked: bool = False

    @property
    def place(self) -> dict[str, Any]:
        """Which window it is."""
        return {"crawl_id": self.crawl_id, "day": self.day, "modality": self.modality}

    @property
    def rank(self) -> Rank:
        """See `Rank`."""
        return not self.unasked, self.decided_at, self.failure_id is None, self.studies, -len(self.gaps)


@dataclass(frozen=True)
class PortionSettled:
    """A portion of rows or queries was answered for, or (with `failure_id`) parked; see `WindowSettled`."""

    crawl_id: UUID
    portion: int
    decided_at: datetime
    studies: int = 0
    results: tuple[RowResult, ...] = ()
    failure_id: UUID | None = None
    unasked: bool = False

    @property
    def place(self) -> dict[str, Any]:
        """Which portion it is."""
        return {"crawl_id": self.crawl_id, "portion": self.portion}

    @property
    def gaps(self) -> tuple[int, ...]:
        """The rows that could not be asked to the end."""
        return tuple(result.number for result in self.results if result.is_gap)

    @property
    def rank(self) -> Rank:
        """See `Rank`."""
        return not self.unasked, self.decided_at, self.failure_id is None, self.studies, -len(self.gaps)


@dataclass(frozen=True)
class WindowReopened:
    """The parked order for this window was replayed."""

    crawl_id: UUID
    day: date
    modality: str
    failure_id: UUID

    @property
    def place(self) -> dict[str, Any]:
        """Which window it is."""
        return {"crawl_id": self.crawl_id, "day": self.day, "modality": self.modality}


@dataclass(frozen=True)
class PortionReopened:
    """The parked order for this portion was replayed."""

    crawl_id: UUID
    portion: int
    failure_id: UUID

    @property
    def place(self) -> dict[str, Any]:
        """Which portion it is."""
        return {"crawl_id": self.crawl_id, "portion": self.portion}


@dataclass(frozen=True)
class Blocked:
    """A message of the crawl as a whole was parked, or (`again`) replayed."""

    crawl_id: UUID
    failure_id: UUID
    again: bool = False


CrawlFact = (
    StudySeen
    | WindowSettled
    | WindowReopened
    | PortionSettled
    | PortionReopened
    | Blocked
    | Contradicted
    | CrawlRequested
    | CrawlPlanned
    | CrawlResumed
    | CrawlCompleted
    | RowsListed
)
