"""What a retrieval looks like to people."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from json import loads
from uuid import UUID

from radquarry.api import bulk
from radquarry.api.pace import Pace
from radquarry.api.problems import invalid
from radquarry.api.retrieval_facts import SETTLED, StudyStand, settled_of
from radquarry.api.retrieval_pace import Left, pace
from radquarry.configuration.week import WeekWindows
from radquarry.messages import PriorsChoice, RetrievalState, SeriesChoice

MOST_STUDIES = 20_000
MOST_INSTANCES = 50_000
MOST_WINDOWS = 50
NOT_UNDER_WAY = Pace()


@dataclass(frozen=True)
class RetrievalOrder:
    """StudyInstanceUIDs, which of their series, and how urgent (higher is sooner, more than 0 is urgent).

    `instances`: of these studies only these SOPInstanceUIDs. `windows`: hours of the order's own, as `mon-fri
    20:00-06:00`, in which alone its studies are begun.
    """

    studies: tuple[str, ...]
    series: SeriesChoice = field(default_factory=SeriesChoice)
    instances: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    priors: PriorsChoice | None = None
    priority: int = 0
    not_before: datetime | None = None
    estimated_bytes: int | None = None
    windows: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises the problem to show when it names nothing, or more than one message takes."""
        if not self.studies:
            raise invalid("studies names no study.")
        if len(set(self.studies)) > MOST_STUDIES:
            raise invalid(f"A retrieval names at most {MOST_STUDIES} studies.")
        if sum(map(len, self.instances.values())) > MOST_INSTANCES:
            raise invalid(f"A retrieval names at most {MOST_INSTANCES} single instances.")
        if len(self.windows) > MOST_WINDOWS:
            raise invalid(f"A retrieval has at most {MOST_WINDOWS} windows.")
        try:
            WeekWindows(self.windows)
        except ValueError as error:
            raise invalid(f"windows: {error}.") from None


@dataclass(frozen=True)
class RetrievalStudy:
    """Where one study of a retrieval stands; `expected` is None until the PACS has said."""

    study_instance_uid: str
    pacs: str
    state: RetrievalState
    expected: int | None
    received: int
    problem: str

    @property
    def can_be_asked_again(self) -> bool:
        """It lacks images, and nobody is about to fetch them."""
        return self.state in {"incomplete", "waiting"}

    @property
    def can_be_given_up(self) -> bool:
        """Images of it may still come."""
        return self.state not in SETTLED


@dataclass(frozen=True)
class RetrievalView:
    """Where a retrieval stands. `studies` is filled by `Retrievals.get` alone, in the order of the request.

    `refused` says why the order itself was parked, before anything was moved.
    """

    id: UUID
    state: RetrievalState
    requested_by: str
    requested_at: datetime
    priority: int
    expected: int
    received: int
    studies_total: int
    studies_settled: int
    problem_count: int
    studies: tuple[RetrievalStudy, ...] = ()
    refused: str = ""
    pace: Pace = NOT_UNDER_WAY
    windows: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """Instances that are expected and not here."""
        return max(0, self.expected - self.received)

    @property
    def is_settled(self) -> bool:
        """Nothing is on its way any more."""
        return self.state in SETTLED

    @property
    def progress(self) -> float:
        """0 to 1, by instances."""
        if self.is_settled:
            return 1.0
        return min(0.99, self.received / self.expected) if self.expected else 0.0


@dataclass(frozen=True)
class ManifestRow:
    """One expected instance, and its file's size in bytes and SHA-256 where it came.

    `left_at`: when that file left the archive, after it was delivered.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    received: bool
    bytes: int
    sha256: str
    left_at: datetime | None = None


def view_of(row: bulk.Found, now: datetime, studies: tuple[RetrievalStudy, ...] = ()) -> RetrievalView:
    """From a row of `api_retrievals`."""
    states: Counter[str] = Counter(loads(row.states))
    counted = states.total() - row.uncounted
    left = Left(row.to_come, row.uncounted, row.expected / counted if counted else None)
    under_way = row.state in {"running", "waiting"}
    return RetrievalView(
        id=row.retrieval_id,
        state=row.state,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        priority=row.priority,
        expected=row.expected,
        received=row.received,
        studies_total=states.total(),
        studies_settled=states.total() if row.refused else settled_of(states),
        problem_count=states.total() if row.refused else row.studies_failed,
        studies=studies,
        refused=row.refused,
        windows=tuple(loads(row.windows)),
        pace=pace(row.pace, now, row.received, left) if under_way else NOT_UNDER_WAY,
    )


def study_of(row: bulk.Found, refused: str) -> RetrievalStudy:
    """From a row of `api_retrieval_studies`, and why the whole retrieval was refused."""
    stand = StudyStand(state=row.state, expected=row.expected, listed=row.listed)
    return RetrievalStudy(
        study_instance_uid=row.study_instance_uid,
        pacs=row.pacs,
        state="incomplete" if refused else stand.shown_state,
        expected=row.expected,
        received=row.received,
        problem=row.problem or refused,
    )


def manifest_row_of(row: bulk.Found) -> ManifestRow:
    """From a row of `api_retrieval_instances`, and when its file left."""
    return ManifestRow(
        study_instance_uid=row.study_instance_uid,
        series_instance_uid=row.series_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
        received=row.received,
        bytes=row.bytes,
        sha256=row.sha256,
        left_at=row.left_at,
    )
