"""Studies that were asked for in vain, and what people say then."""

from datetime import timedelta
from uuid import UUID

from radquarry.messages import GiveUpStudies, RetryStudies
from tests.mover.desk import Desk
from tests.mover.ordering import BEGIN, order

LOST = "3 of 9 instances have not come"


def again(retrieval_id: UUID, *studies: str, after: float = 60) -> RetryStudies:
    """Somebody wants them asked for again, so many seconds after the beginning."""
    return RetryStudies(retrieval_id=retrieval_id, studies=studies, sent_at=BEGIN + timedelta(seconds=after))


def no_more(retrieval_id: UUID, *studies: str, after: float = 60, by: str = "anna") -> GiveUpStudies:
    """Somebody gives them up."""
    sent_at = BEGIN + timedelta(seconds=after)
    return GiveUpStudies(retrieval_id=retrieval_id, studies=studies, sent_at=sent_at, requested_by=by)


async def tried(desk: Desk, *studies: str, state: str = "incomplete", problem: str = LOST, wait: float = 0) -> UUID:
    """A retrieval of these studies, each of which was asked for in vain."""
    one = order(*studies)
    await desk.means.orders.take(one, 0)
    for _ in studies:
        lease = await desk.means.leases.take("main")
        assert lease is not None
        due = desk.clock.now + timedelta(seconds=wait)
        await desk.means.leases.release(*lease, state=state, problem=problem, attempts=4, due=due, revision=1001)
    if state == "incomplete":
        await desk.means.orders.close(str(one.retrieval_id))
    return one.retrieval_id


def told(desk: Desk) -> list[tuple[str, str]]:
    """What was said, in the order of it."""
    return [(one.study_instance_uid, one.state) for one in desk.said]
