"""A desk whose drawers hold what a test put there: the pages see the real views, and every order is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from radquarry.api.dicomweb.damaged import Damaged
from radquarry.api.failures import FailureView
from radquarry.api.listed import Listed
from radquarry.api.problems import unknown
from radquarry.api.retrieval_decisions import Chosen
from radquarry.api.retrieval_views import RetrievalOrder, RetrievalStudy, RetrievalView
from radquarry.api.security.rights import Rights
from radquarry.api.study_changes import ChangeView
from radquarry.api.viewer_files import Viewer
from radquarry.errors import PeerAway
from radquarry.messages import ArchiveMeasured, QuarantineMeasured, RetrievalEstimated
from tests.doubles.shown_archives import NOW, ZONE, ListedArchives
from tests.doubles.shown_coverage import ListedCoverage
from tests.doubles.shown_crawls import ListedCrawls
from tests.doubles.shown_deliveries import ListedDeliveries, ListedFiles


def retrieval(number: int = 1, studies: Sequence[RetrievalStudy] = (), **changes: Any) -> RetrievalView:
    """A retrieval whose counts are those of its studies."""
    settled = [study for study in studies if study.state in {"complete", "incomplete", "cancelled"}]
    usual: dict[str, Any] = {
        "id": UUID(int=number), "state": "running", "requested_by": "", "requested_at": NOW, "priority": 0,
        "expected": sum(study.expected or 0 for study in studies), "received": sum(study.received for study in studies),
        "studies_total": len(studies), "studies_settled": len(settled),
        "problem_count": sum(bool(study.problem) for study in studies), "studies": tuple(studies),
    }  # fmt: skip
    return RetrievalView(**(usual | changes))


def failure(number: int = 1, **changes: Any) -> FailureView:
    """A report that could not be fetched."""
    usual: dict[str, Any] = {
        "id": UUID(int=number), "service": "ris-fetcher", "topic": "study.found",
        "reason": "the RIS answered 500 ten times", "what": "Fetching the report of a study", "attempts": 10,
        "parked_at": NOW - timedelta(minutes=number), "trail": UUID(int=1), "study_instance_uid": f"1.2.826.{number}",
        "day": None,
    }  # fmt: skip
    return FailureView(**(usual | changes))


def estimated(**changes: Any) -> RetrievalEstimated:
    """A thousand images that fit."""
    usual: dict[str, Any] = {
        "studies": 2, "series": 7, "instances": 1412, "bytes": 741_000_000, "instances_here": 300,
        "instances_to_fetch": 1112, "bytes_to_fetch": 583_000_000, "free_bytes": 412_000_000_000, "hours": 3.4,
        "ends_at": NOW + timedelta(hours=3.4),
    }  # fmt: skip
    return RetrievalEstimated(**(usual | changes))


@dataclass
class ListedRetrievals:
    views: list[RetrievalView] = field(default_factory=list)
    orders: list[RetrievalOrder] = field(default_factory=list)
    steered: list[tuple[str, UUID]] = field(default_factory=list)
    here: dict[str, Mapping[str, int]] = field(default_factory=dict)

    async def request(self, order: RetrievalOrder, user: str = "", key: str | None = None) -> UUID:
        self.orders.append(order)
        return UUID(int=1)

    async def get(self, retrieval_id: UUID) -> RetrievalView:
        return _found("retrieval", self.views, retrieval_id)

    async def list(self, limit: int = 50, after: str | None = None) -> Listed[RetrievalView]:
        return Listed(tuple(self.views[:limit]), None)

    async def pause(self, retrieval_id: UUID, user: str = "") -> None:
        self.steered.append(("pause", retrieval_id))

    async def resume(self, retrieval_id: UUID, user: str = "") -> None:
        self.steered.append(("resume", retrieval_id))

    async def cancel(self, retrieval_id: UUID, user: str = "") -> None:
        self.steered.append(("cancel", retrieval_id))

    async def instances_here(self, study_instance_uid: str) -> Mapping[str, int]:
        return self.here.get(study_instance_uid, {})


@dataclass
class ListedDecisions:
    taken: list[tuple[str, UUID, Chosen, str]] = field(default_factory=list)

    async def retry(self, retrieval_id: UUID, chosen: Chosen, user: str = "", wait: float = 0) -> None:
        self.taken.append(("retry", retrieval_id, chosen, user))

    async def give_up(self, retrieval_id: UUID, chosen: Chosen, user: str = "", wait: float = 0) -> None:
        self.taken.append(("give-up", retrieval_id, chosen, user))


@dataclass
class ListedEstimates:
    """What the mover says of every order; with nothing it does not answer."""

    said: RetrievalEstimated | None = None
    asked: list[RetrievalOrder] = field(default_factory=list)

    async def estimate(self, order: RetrievalOrder, user: str = "", wait: float = 0) -> RetrievalEstimated:
        self.asked.append(order)
        if self.said is None:
            raise PeerAway("the mover does not answer")
        return self.said


def measured(**changes: Any) -> ArchiveMeasured:
    """Two studies on a disk of two terabytes."""
    usual: dict[str, Any] = {
        "studies": 2, "instances": 1412, "bytes": 741_000_000, "reserve_bytes": 5 * 10**9, "disk_bytes": 2 * 10**12,
        "free_bytes": 10**12, "measured_at": NOW,
        "largest": [{"study_instance_uid": "1.2.3.1", "instances": 1400, "bytes": 740_000_000}],
        "by_month": [{"month": "2025-06", "studies": 2, "instances": 1412, "bytes": 741_000_000}],
    }  # fmt: skip
    return ArchiveMeasured.model_validate(usual | changes)


def refused(**changes: Any) -> QuarantineMeasured:
    """Some objects of two senders."""
    usual: dict[str, Any] = {
        "objects": 4, "bytes": 1200, "oldest_at": NOW - timedelta(days=2), "newest_at": NOW, "measured_at": NOW,
        "reasons": [
            {"reason": "StudyInstanceUID is not a UID (0 characters)", "calling_ae_title": "CT1", "objects": 3},
            {"reason": "no reason is told", "objects": 1},
        ],
    }  # fmt: skip
    return QuarantineMeasured.model_validate(usual | changes)


@dataclass
class MeasuredStorage:
    """What the mover says of the archive, and storescp of its quarantine; with nothing they do not answer."""

    said: ArchiveMeasured | None = None
    kept_apart: QuarantineMeasured | None = None

    async def measured(self, wait: float) -> ArchiveMeasured:
        if self.said is None:
            raise PeerAway("the mover does not answer")
        return self.said

    async def refused(self, wait: float) -> QuarantineMeasured | None:
        return self.kept_apart


@dataclass
class ListedFailures:
    views: list[FailureView] = field(default_factory=list)
    settled: list[tuple[str, UUID]] = field(default_factory=list)
    waiting: int = 0

    async def delayed(self) -> int:
        return self.waiting

    async def list(self, limit: int = 50, after: str | None = None) -> Listed[FailureView]:
        return Listed(tuple(self.views[:limit]), None)

    async def count(self) -> int:
        return len(self.views)

    async def replay(self, failure_id: UUID, user: str = "") -> None:
        self.settled.append(("replay", _found("failure", self.views, failure_id).id))

    async def discard(self, failure_id: UUID, user: str = "") -> None:
        self.settled.append(("discard", _found("failure", self.views, failure_id).id))


@dataclass
class ListedChanges:
    known: dict[str, tuple[ChangeView, ...]] = field(default_factory=dict)

    async def of(self, study_instance_uid: str) -> tuple[ChangeView, ...]:
        return self.known.get(study_instance_uid, ())


class NoQuestions:
    """Nobody asks who is behind a pseudonym."""

    async def waiting(self, user: str) -> int:
        return 0


@dataclass
class ListedImages:
    """StudyInstanceUID → the series of it that are in the archive."""

    series: dict[str, set[str]] = field(default_factory=dict)
    damaged: Damaged = field(default_factory=Damaged)

    async def here(self, studies: Sequence[str]) -> frozenset[str]:
        return frozenset(study for study in studies if self.series.get(study))

    async def series_here(self, study: str) -> frozenset[str]:
        return frozenset(self.series.get(study, ()))


@dataclass
class ShownDesk:
    """What `pages.router` takes, in memory."""

    index: Any
    crawls: ListedCrawls = field(default_factory=ListedCrawls)
    coverage: ListedCoverage = field(default_factory=ListedCoverage)
    retrievals: ListedRetrievals = field(default_factory=ListedRetrievals)
    decisions: ListedDecisions = field(default_factory=ListedDecisions)
    deliveries: ListedDeliveries = field(default_factory=ListedDeliveries)
    files: ListedFiles = field(default_factory=ListedFiles)
    reidentifications: NoQuestions = field(default_factory=NoQuestions)
    storage: MeasuredStorage = field(default_factory=MeasuredStorage)
    estimates: ListedEstimates = field(default_factory=ListedEstimates)
    archives: ListedArchives = field(default_factory=ListedArchives)
    changes: ListedChanges = field(default_factory=ListedChanges)
    failures: ListedFailures = field(default_factory=ListedFailures)
    images: ListedImages = field(default_factory=ListedImages)
    viewer: Viewer = field(default_factory=lambda: Viewer(Path("/nowhere/viewer")))
    rights: Rights = field(default_factory=Rights)
    timezone: ZoneInfo = ZONE

    def clock(self) -> datetime:
        return NOW

    def today(self) -> date:
        return NOW.date()


def _found(what: str, views: Sequence[Any], key: UUID) -> Any:
    for view in views:
        if view.id == key:
            return view
    raise unknown(what, key)
