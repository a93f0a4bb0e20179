"""Orders of studies, the clock by which they are leased, and the study that is taken next."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from radquarry.messages import RetrievalRequested, WantedStudy
from radquarry.mover.leases import Leases

BEGIN = datetime(2025, 6, 2, 20, 0, tzinfo=UTC)
LEASE = 10.0


class Clock:
    """A time that only tests move."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def order(*studies: str, pacs: str = "main", priority: int = 0) -> RetrievalRequested:
    """An order for studies of one PACS."""
    wanted = tuple(WantedStudy(study_instance_uid=study, pacs=pacs) for study in studies)
    return RetrievalRequested(retrieval_id=uuid4(), studies=wanted, priority=priority)


async def taken(leases: Leases, pacs: str = "main") -> str:
    """The study that is taken next, "" when there is none."""
    lease = await leases.take(pacs)
    return lease[0].study_instance_uid if lease else ""
