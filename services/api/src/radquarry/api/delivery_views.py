"""What a delivery looks like to people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Literal
from uuid import UUID

from radquarry.api import bulk
from radquarry.api.delivery_facts import SETTLED, DeliveryStand, settled_of
from radquarry.messages import Deidentification, DeliveryState

Fate = Literal["held back", "missing", "failed"]


@dataclass(frozen=True)
class DeliveryOrder:
    """What goes where: `deidentify` None is identified, no `studies` are all of the retrieval."""

    destination: str
    deidentify: Deidentification | None = None
    studies: tuple[str, ...] = ()
    reports: bool = False
    mapping: bool = False


@dataclass(frozen=True)
class DeliveryStudy:
    """Where one study of a delivery stands; `expected` is None until it is known.

    `again_at`: what did not arrive is tried again then by itself.
    """

    study_instance_uid: str
    state: DeliveryState
    expected: int | None
    delivered: int
    held_back: int
    problem: str
    again_at: datetime | None = None

    @property
    def missing(self) -> int:
        """Instances that are expected, were not held back, and are not there."""
        return max(0, (self.expected or 0) - self.delivered - self.held_back)


@dataclass(frozen=True)
class Cause:
    """Why so many instances did not arrive: held back, missing here, or not taken by the destination."""

    state: Fate
    problem: str
    instances: int


@dataclass(frozen=True)
class DeliveryView:
    """Where a delivery stands. `studies` and `causes` are filled by `Deliveries.get` alone.

    `problem` is what stopped it as a whole, or what it waits for; `refused` why the order itself was parked.
    `findings` of the release check are in files that were held back.
    """

    id: UUID
    retrieval_id: UUID
    destination: str
    deidentify: Deidentification | None
    reports: bool
    mapping: bool
    state: DeliveryState
    requested_by: str
    requested_at: datetime
    expected: int
    delivered: int
    held_back: int
    findings: int
    studies_total: int
    studies_settled: int
    problem_count: int
    problem: str = ""
    refused: str = ""
    studies: tuple[DeliveryStudy, ...] = ()
    causes: tuple[Cause, ...] = ()

    @property
    def missing(self) -> int:
        """Instances that are expected, were not held back, and are not there."""
        return max(0, self.expected - self.delivered - self.held_back)

    @property
    def is_settled(self) -> bool:
        """Nothing is on its way any more."""
        return self.state in SETTLED

    @property
    def progress(self) -> float:
        """0 to 1, by studies: how many instances there are is known study by study."""
        if self.is_settled:
            return 1.0
        return min(0.99, self.studies_settled / self.studies_total) if self.studies_total else 0.0

    @property
    def can_be_retried(self) -> bool:
        """Something did not arrive that another try might bring."""
        return self.state in {"incomplete", "waiting", "running"} and not self.refused


@dataclass(frozen=True)
class DeliveredRow:
    """One instance of a delivery, by its identified UIDs: its state, and the reason where it did not arrive."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    state: str
    reason: str
    delivered_at: str


def view_of(
    row: bulk.Found, studies: Sequence[DeliveryStudy] = (), causes: Sequence[Cause] = (), retrieved: str | None = None
) -> DeliveryView:
    """From a row of `api_deliveries`; `retrieved` are the states of its retrieval's studies."""
    states: Counter[str] = Counter(loads(row.states))
    of_retrieval = sum(loads(retrieved).values()) if retrieved and row.is_of_all else 0
    total = max(states.total(), of_retrieval)
    settled = row.state in SETTLED
    return DeliveryView(
        id=row.delivery_id,
        retrieval_id=row.retrieval_id,
        destination=row.destination,
        deidentify=_deidentification(row),
        reports=row.reports,
        mapping=row.mapping,
        state=row.state,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        expected=row.expected,
        delivered=row.delivered,
        held_back=row.held_back,
        findings=row.findings,
        studies_total=total,
        studies_settled=total if settled else settled_of(states),
        problem_count=row.studies_failed,
        problem=row.problem,
        refused=row.refused,
        studies=tuple(studies),
        causes=tuple(causes),
    )


def study_of(row: bulk.Found, whole: bulk.Found) -> DeliveryStudy:
    """From a row of `api_delivery_studies`, and that of its delivery: a delivery that ended has no study at work."""
    stand = DeliveryStand(state=row.state, expected=row.expected, listed=row.listed)
    state = stand.shown_state
    if whole.state in SETTLED and state not in SETTLED:
        state = whole.state
    return DeliveryStudy(
        study_instance_uid=row.study_instance_uid,
        state=state,
        expected=row.expected,
        delivered=row.delivered,
        held_back=row.held_back,
        problem=row.problem,
        again_at=row.again_at if state == "waiting" else None,
    )


def unheard_of(study_instance_uid: str, whole: bulk.Found) -> DeliveryStudy:
    """A study of the retrieval of which nothing was heard yet."""
    state: DeliveryState = whole.state if whole.state in SETTLED else "requested"
    return DeliveryStudy(study_instance_uid, state, None, 0, 0, "")


def delivered_row_of(row: bulk.Found) -> DeliveredRow:
    """From a row of `api_delivery_instances`."""
    return DeliveredRow(
        study_instance_uid=row.study_instance_uid,
        series_instance_uid=row.series_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
        state=row.state,
        reason=row.problem,
        delivered_at=row.delivered_at or "",
    )


def _deidentification(row: bulk.Found) -> Deidentification | None:
    if not row.is_deidentified:
        return None
    return Deidentification.model_construct(project=row.project, profile=row.profile)
