"""What the exporter says of a study: always published before it is written down."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from radquarry.bus.port import Publish
from radquarry.exporter.delivery.consignment import Part
from radquarry.messages import DeliveryProgressed, DeliveryState, InstanceDelivery

INSTANCES = 500
"""In one message."""
LEAP = 1000
"""Added to a study's revision when it is taken up: what a dead worker said and did not write down is less."""


class Progress:
    """Says where studies stand; returns them with the revision that is to be written down."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    async def say(self, part: Part, state: DeliveryState, problem: str = "", again_at: datetime | None = None) -> Part:
        """One message; the counts are the study's own."""
        said = replace(part, state=state, problem=problem, again_at=again_at, revision=part.revision + 1)
        await self._publish(message(said))
        return said

    async def settle(self, part: Part, instances: Sequence[InstanceDelivery]) -> Part:
        """The last word on a study, with each of its instances, in as many messages as that takes."""
        said = part
        messages = []
        for start in range(0, max(1, len(instances)), INSTANCES):
            said = replace(said, revision=said.revision + 1)
            messages.append(message(said, instances[start : start + INSTANCES]))
        await self._publish(*messages)
        return said


def message(part: Part, instances: Sequence[InstanceDelivery] = ()) -> DeliveryProgressed:
    """Where a study stands, as an answer to the order."""
    return DeliveryProgressed(
        cause=part.of.order_id,
        trail=part.of.trail,
        delivery_id=part.of.delivery_id,
        retrieval_id=part.of.retrieval_id,
        study_instance_uid=part.study_instance_uid,
        state=part.state,
        expected=part.expected,
        delivered=part.delivered,
        held_back=part.held_back,
        problem=part.problem,
        again_at=part.again_at,
        instances=tuple(instances),
        revision=part.revision,
    )
