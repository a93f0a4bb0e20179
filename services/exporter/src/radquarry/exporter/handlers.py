"""What the exporter does when it is told something: it writes it down, and lets its loops do the work."""

from radquarry.dicom.uids import is_uid
from radquarry.errors import Transient
from radquarry.exporter.bell import Bell
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.delivery.gathering import Gathering
from radquarry.exporter.delivery.hearing import Hearing
from radquarry.exporter.delivery.means import Means
from radquarry.exporter.files.jobs import Jobs
from radquarry.messages import (
    CancelDelivery,
    CancelFiles,
    ConvertFiles,
    DeidentifyFiles,
    DeliveryRequested,
    PreviewFiles,
    RetrievalCompleted,
    RetrievalProgressed,
    RetryDelivery,
)

NO_STUDY = "it names a study with what is not a Study Instance UID"


async def take_order(order: DeliveryRequested, *, means: Means, gathering: Gathering) -> None:
    """Write the order down; one that can never begin ends at once, with the reason."""
    refusal = "" if all(map(is_uid, order.studies)) else NO_STUDY
    await means.orders.take(order, refusal or means.refusal(Consignment.ordered(order)))
    gathering.heard(order.retrieval_id)
    means.bell.ring()


async def cancel(order: CancelDelivery, *, means: Means) -> None:
    """Who works on a study of it sees it and stops; what nobody works on is settled."""
    if not await means.orders.cancel(order.delivery_id):
        raise Transient("the delivery's order has not come yet")
    means.bell.ring()


async def retry(order: RetryDelivery, *, means: Means, gathering: Gathering) -> None:
    """Have what did not arrive tried at once, from the beginning."""
    known = await means.orders.get(order.delivery_id)
    if known is None:
        raise Transient("the delivery's order has not come yet")
    refusal = NO_STUDY if known[0].problem == NO_STUDY else means.refusal(known[0])
    await means.orders.retry(order.delivery_id, order.sent_at, refusal)
    gathering.heard(known[0].retrieval_id)
    means.bell.ring()


async def hear_of_study(event: RetrievalProgressed, *, hearing: Hearing, gathering: Gathering, bell: Bell) -> None:
    """Keep where a study of a retrieval stands, and which instances it brought."""
    await hearing.progressed(event)
    gathering.heard(event.retrieval_id)
    if event.state in ("complete", "incomplete", "cancelled"):
        bell.ring()


async def hear_of_end(event: RetrievalCompleted, *, hearing: Hearing, gathering: Gathering, bell: Bell) -> None:
    """Keep that a retrieval has ended."""
    await hearing.ended(event)
    gathering.heard(event.retrieval_id)
    bell.ring()


async def take_files(order: DeidentifyFiles | PreviewFiles | ConvertFiles, *, jobs: Jobs, bell: Bell) -> None:
    """Write the order down."""
    await jobs.enter(order)
    bell.ring()


async def cancel_files(order: CancelFiles, *, jobs: Jobs, bell: Bell) -> None:
    """Who works on it sees it and stops; its files go."""
    await jobs.cancel(order)
    bell.ring()
