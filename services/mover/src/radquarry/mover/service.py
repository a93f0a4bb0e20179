"""The mover as a value."""

from functools import partial

from radquarry.bus.port import Publish
from radquarry.messages import (
    CancelRetrieval,
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    EstimateRetrieval,
    GiveUpStudies,
    InstancesRemoved,
    InstancesStored,
    MeasureArchive,
    PauseRetrieval,
    ResumeRetrieval,
    RetrievalRequested,
    RetryStudies,
    StudyChanged,
    TellRetrieval,
)
from radquarry.mover.closing import close_retrievals
from radquarry.mover.estimating import estimate
from radquarry.mover.handlers import cancel, give_up, look_again, note_instances, pause, resume, retry, take_order
from radquarry.mover.holding import hold_by_order
from radquarry.mover.inventory import measure
from radquarry.mover.leaving import let_leave, note_delivered, note_delivery, note_end_of_delivery, note_removed
from radquarry.mover.means import Means
from radquarry.mover.telling import tell
from radquarry.mover.traffic import say_traffic
from radquarry.mover.workers import Workers
from radquarry.service import Service

LEDGER_PARALLEL = 4


def mover(means: Means, workers: dict[str, Workers], publish: Publish) -> Service:
    """Orders are written down by the handlers and worked off by the loops; `workers` by PACS name."""
    return Service(
        name="mover",
        handlers={
            RetrievalRequested: partial(take_order, means=means, known_pacs=frozenset(workers), publish=publish),
            PauseRetrieval: partial(pause, means=means),
            ResumeRetrieval: partial(resume, means=means),
            CancelRetrieval: partial(cancel, means=means),
            RetryStudies: partial(retry, means=means),
            GiveUpStudies: partial(give_up, means=means),
            TellRetrieval: partial(tell, means=means, publish=publish),
            EstimateRetrieval: partial(estimate, means=means, publish=publish),
            MeasureArchive: partial(measure, inventory=means.inventory, room=means.room, publish=publish),
            StudyChanged: partial(look_again, means=means),
            InstancesStored: partial(note_instances, means=means),
            InstancesRemoved: partial(note_removed, means=means),
            DeliveryRequested: partial(note_delivery, means=means),
            DeliveryProgressed: partial(note_delivered, means=means),
            DeliveryCompleted: partial(note_end_of_delivery, means=means),
        },
        loops=(
            partial(close_retrievals, means, publish),
            partial(hold_by_order, means),
            partial(let_leave, means, publish),
            partial(say_traffic, means.load, publish),
            *(loop for one in workers.values() for loop in one.loops()),
        ),
        parallel={InstancesStored: LEDGER_PARALLEL},
    )
