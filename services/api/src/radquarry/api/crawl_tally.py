"""The counters of a crawl, and the rule that makes them its state (decision 6)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from radquarry.api.crawl_contradictions import NONE
from radquarry.api.crawl_facts import Seen, has_failed, is_settled


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


@dataclass
class Tally:
    """The counters of one crawl, as its row holds them."""

    planned: int | None = None
    cancelled_at: datetime | None = None
    resumed_at: datetime | None = None
    rows_total: int = 0
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
    contradictions: str = NONE
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

    @property
    def cancelled(self) -> bool:
        """Cancelled, and not resumed since."""
        return self.cancelled_at is not None and (self.resumed_at is None or self.cancelled_at > self.resumed_at)

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
