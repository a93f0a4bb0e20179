"""What one message says about a crawl, without anything of the patient, and the rules that make it a state.

A study of a crawl is a set of bits that only ever grows (a replay alone takes a failure bit away), so that any
order and any repetition of the messages ends in the same place.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntFlag
from typing import NamedTuple
from uuid import UUID

from radquarry.messages import CrawlCompleted, CrawlPlanned, CrawlRequested, Gap


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


class Counts(NamedTuple):
    """What one study adds to the counters of its crawl: 0 or 1 each."""

    found: int
    indexed: int
    fetched: int
    missing: int
    settled: int
    failed: int


def _counts(seen: Seen) -> Counts:
    if not seen & Seen.FOUND:
        return Counts(0, 0, 0, 0, 0, 0)
    return Counts(
        found=1,
        indexed=int(bool(seen & Seen.STUDY_INDEXED)),
        fetched=int(bool(seen & Seen.REPORT_FETCHED)),
        missing=int(seen & (Seen.REPORT_FETCHED | Seen.REPORT_MISSING) == Seen.REPORT_MISSING),
        settled=int(is_settled(seen)),
        failed=int(has_failed(seen)),
    )


COUNTS = tuple(_counts(Seen(bits)) for bits in range(2 ** len(Seen)))
"""By bits, worked out once: arithmetic on flags is slow, and a crawl does it for every message of every study."""


@dataclass(frozen=True)
class StudySeen:
    """These bits of one study; `forget` are those a replay takes away."""

    crawl_id: UUID
    study_instance_uid: str
    seen: Seen
    forget: Seen = Seen.NOTHING


@dataclass(frozen=True)
class WindowSettled:
    """A window was closed, or (with `failure_id`) parked; the latest word about it counts.

    Of a window that was not `asked` (cancelled, refused, parked) the day's coverage learns nothing that it knew better.
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

    @property
    def rank(self) -> tuple[datetime, bool, int, int]:
        """Orders words about one window; total, so that ties end the same way everywhere."""
        return self.decided_at, self.failure_id is None, self.studies, -len(self.gaps)


@dataclass(frozen=True)
class WindowReopened:
    """The parked order for this window was replayed."""

    crawl_id: UUID
    day: date
    modality: str
    failure_id: UUID


@dataclass(frozen=True)
class Blocked:
    """A message of the crawl as a whole was parked, or (`again`) replayed."""

    crawl_id: UUID
    failure_id: UUID
    again: bool = False


CrawlFact = StudySeen | WindowSettled | WindowReopened | Blocked | CrawlRequested | CrawlPlanned | CrawlCompleted


@dataclass
class Tally:
    """The counters of one crawl, as its row holds them."""

    planned: int | None = None
    cancelled: bool = False
    windows_closed: int = 0
    windows_with_gaps: int = 0
    windows_parked: int = 0
    studies_announced: int = 0
    studies_found: int = 0
    documents_indexed: int = 0
    reports_fetched: int = 0
    reports_missing: int = 0
    studies_settled: int = 0
    studies_failed: int = 0
    blocks: int = 0
    order: dict[str, object] = field(default_factory=dict)

    def count(self, bits: int, sign: int) -> None:
        """Add (`sign` 1) or take away (-1) one study that stands at `bits`."""
        counts = COUNTS[bits]
        self.studies_found += sign * counts.found
        self.documents_indexed += sign * counts.indexed
        self.reports_fetched += sign * counts.fetched
        self.reports_missing += sign * counts.missing
        self.studies_settled += sign * counts.settled
        self.studies_failed += sign * counts.failed

    def state(self) -> str:
        """See design section 5: `complete` when nothing is on its way and nothing is missing."""
        if self.cancelled:
            return "cancelled"
        if self.blocks:
            return "incomplete"
        if self.planned is None:
            return "running" if self.windows_closed or self.studies_found else "requested"
        asked = self.windows_closed + self.windows_parked >= self.planned
        arrived = self.studies_found >= self.studies_announced and self.studies_settled == self.studies_found
        if not (asked and arrived):
            return "running"
        return "incomplete" if self.windows_with_gaps or self.windows_parked or self.studies_failed else "complete"
