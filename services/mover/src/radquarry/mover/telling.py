"""Says again what retrievals brought, for who listens now and did not then."""

from dataclasses import replace

from radquarry.bus.port import Publish
from radquarry.errors import Transient
from radquarry.messages import TellRetrieval
from radquarry.mover.closing import completed
from radquarry.mover.means import Means
from radquarry.mover.progress import INSTANCES, message
from radquarry.mover.wanted import UNSETTLED


async def tell(order: TellRetrieval, *, means: Means, publish: Publish) -> None:
    """By the revisions of then: who has heard it learns nothing new, and what is said meanwhile is newer."""
    if not await means.orders.knows(order.retrieval_id):
        raise Transient("the retrieval's order has not come yet")
    for one in await means.orders.studies_in(order.retrieval_id):
        said = replace(one, revision=max(one.revision, 1))
        if one.state in UNSETTLED:
            await publish(message(said))
            continue
        instances = await means.ledger.states(one.study_instance_uid, one.chosen, one.only)
        starts = range(0, max(1, len(instances)), INSTANCES)
        await publish(*(message(said, instances[start : start + INSTANCES]) for start in starts))
    for row in await means.orders.ended(order.retrieval_id):
        await publish(completed(row))
