"""What the exporter says in the course of a delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from radquarry.messages import (
    Deidentification,
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    InstanceDelivery,
    Message,
)
from tests.api.stories import NOON, uid

HELD = "text in the pixels is likely"


@dataclass(frozen=True)
class DeliveryStory:
    """A delivery of studies with so many instances each; the last one of each study in `held` is held back."""

    instances: Sequence[int] = (3, 1)
    held: Sequence[int] = ()
    delivery_id: UUID = field(default_factory=uuid4)
    retrieval_id: UUID = field(default_factory=uuid4)

    def _said(self, **fields: Any) -> dict[str, Any]:
        about = {"trail": self.delivery_id, "delivery_id": self.delivery_id, "retrieval_id": self.retrieval_id}
        return {**about, "sent_at": NOON, **fields}

    def requested(self, **changes: Any) -> DeliveryRequested:
        """Its order, of named studies."""
        studies = tuple(uid(n) for n in range(len(self.instances)))
        usual = {"destination": "research", "studies": studies, "deidentify": Deidentification()}
        return DeliveryRequested(**self._said(**usual | changes))

    def progressed(self, place: int, state: str, revision: int, **more: Any) -> DeliveryProgressed:
        """One study got further."""
        usual = {"study_instance_uid": uid(place), "state": state, "revision": revision}
        return DeliveryProgressed(**self._said(**{**usual, "expected": self.instances[place], **more}))

    def settled(self, place: int) -> list[DeliveryProgressed]:
        """The study's end; its instances are named in messages of two."""
        count, held = self.instances[place], int(place in self.held)
        named = [
            InstanceDelivery(
                series_instance_uid=f"{uid(place)}.1",
                sop_instance_uid=f"{uid(place)}.1.{n}",
                state="held back" if held and n == count - 1 else "delivered",
                problem=HELD if held and n == count - 1 else "",
                delivered_at=NOON,
            )
            for n in range(count)
        ]
        state = "incomplete" if held else "complete"
        told = {"delivered": count - held, "held_back": held, "problem": "1 image was held back" if held else ""}
        return [
            self.progressed(place, state, 10 + start, instances=named[start : start + 2], **told)
            for start in range(0, max(1, count), 2)
        ]

    def completed(self, state: str = "", **changes: Any) -> DeliveryCompleted:
        """Its end."""
        whole, held = sum(self.instances), len(self.held)
        usual = {"state": state or ("incomplete" if held else "complete"), "expected": whole}
        told: dict[str, Any] = {
            **usual,
            "delivered": whole - held,
            "held_back": held,
            "sent_at": NOON + timedelta(minutes=5),
        }
        return DeliveryCompleted(**self._said(**told | changes))

    def all(self) -> list[Message]:
        """Everything, in the order it happens."""
        places = range(len(self.instances))
        running = [self.progressed(place, "running", 1) for place in places]
        return [
            self.requested(),
            *running,
            *(each for place in places for each in self.settled(place)),
            self.completed(),
        ]
