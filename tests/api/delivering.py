"""Deliveries ordered over HTTP, and an exporter that says on the bus how they go."""

from typing import Any
from uuid import uuid4

from radquarry.messages import (
    DeliveryCompleted,
    DeliveryProgressed,
)
from tests.api.gateway import Gateway, becomes
from tests.api.stories import uid


async def retrieved(gateway: Gateway, count: int = 2) -> str:
    """The id of a retrieval of so many studies."""
    answer = await gateway.post("/retrievals", {"studies": await gateway.hold(count)})
    return str(answer.json()["id"])


async def delivered(gateway: Gateway, **more: Any) -> str:
    """The id of a delivery."""
    order = {"retrieval": await retrieved(gateway), "destination": "research", "deidentify": True, **more}
    answer = await gateway.post("/deliveries", order)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def tell(gateway: Gateway, delivery: str, place: int, state: str, **more: Any) -> None:
    """The exporter says where a study stands."""
    about = {"delivery_id": delivery, "retrieval_id": uuid4(), "study_instance_uid": uid(place), "state": state}
    await gateway.bus.publish(DeliveryProgressed.model_validate({"revision": 1, **about, **more}))


async def finish(gateway: Gateway, delivery: str, state: str = "incomplete", **more: Any) -> None:
    about = {"delivery_id": delivery, "retrieval_id": uuid4(), "state": state, "expected": 0, "delivered": 0}
    await gateway.bus.publish(DeliveryCompleted.model_validate({**about, **more}))


async def state_of(gateway: Gateway, delivery: str, wanted: str) -> None:
    async def state() -> str:
        return str((await gateway.get(f"/deliveries/{delivery}"))["state"])

    await becomes(state, wanted)
