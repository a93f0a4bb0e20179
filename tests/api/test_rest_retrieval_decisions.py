"""Studies that lack images are asked for again or given up over HTTP; the mover itself is tested elsewhere."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from radquarry.errors import Permanent
from radquarry.messages import (
    CancelRetrieval,
    GiveUpStudies,
    RetrievalCompleted,
    RetrievalProgressed,
    RetrievalRequested,
    RetryStudies,
)
from radquarry.service import Service
from tests.api.gateway import Gateway, a_gateway, a_problem, becomes
from tests.api.stories import uid

LOST, AWAY = "3 of 9 instances have not come", "the PACS does not answer"


async def standing(gateway: Gateway, *stands: tuple[str, str]) -> str:
    """The path of a retrieval whose studies stand so: state and problem."""
    wanted = await gateway.hold(len(stands))
    order = (await gateway.post("/retrievals", {"studies": wanted})).json()
    for study, (state, problem) in zip(wanted, stands, strict=True):
        images = {"expected": 0} if state == "complete" else {"expected": 9, "received": 6}
        said: dict[str, Any] = {"state": state, "problem": problem, "revision": 5, **images}
        about = {"retrieval_id": order["id"], "study_instance_uid": study, "pacs": "main"}
        await gateway.bus.publish(RetrievalProgressed.model_validate(about | said))
    path = f"/retrievals/{order['id']}"

    async def states() -> list[tuple[str, str]]:
        return [(one["state"], one.get("problem", "")) for one in (await gateway.get(path))["studies"]]

    await becomes(states, list(stands))
    return path


async def test_a_retry_names_what_lacks_images_and_nothing_else(gateway: Gateway) -> None:
    path = await standing(gateway, ("incomplete", LOST), ("waiting", AWAY), ("complete", ""), ("running", ""))

    answer = await gateway.post(f"{path}/retry")

    assert (answer.status_code, answer.json()) == (202, {"id": path.rpartition("/")[2]})
    (order,) = gateway.bus.orders(RetryStudies)
    assert (order.retrieval_id, order.trail) == (UUID(answer.json()["id"]),) * 2
    assert order.studies == (uid(0), uid(1))


@pytest.mark.parametrize(
    ("body", "meant"), [({"studies": [uid(1)]}, (uid(1),)), ({"problem": LOST}, (uid(0), uid(2))), ({}, None)]
)
async def test_studies_are_chosen_by_name_or_by_their_problem(gateway: Gateway, body: Any, meant: Any) -> None:
    path = await standing(gateway, ("incomplete", LOST), ("incomplete", AWAY), ("incomplete", LOST))

    assert (await gateway.post(f"{path}/retry", body)).status_code == 202

    assert gateway.bus.orders(RetryStudies)[0].studies == (meant or (uid(0), uid(1), uid(2)))


async def test_what_is_given_up_says_who_did_and_leaves_out_what_has_ended(gateway: Gateway) -> None:
    path = await standing(gateway, ("waiting", AWAY), ("running", ""), ("incomplete", LOST), ("complete", ""))

    assert (await gateway.post(f"{path}/give-up")).status_code == 202

    (order,) = gateway.bus.orders(GiveUpStudies)
    assert (order.studies, order.requested_by) == ((uid(0), uid(1)), "")


@pytest.mark.parametrize("what", ["retry", "give-up"])
async def test_where_nothing_is_left_to_do_nothing_is_said(gateway: Gateway, what: str) -> None:
    path = await standing(gateway, ("complete", ""))

    for body in ({}, {"studies": [uid(0)]}, {"problem": AWAY}):
        assert (await gateway.post(f"{path}/{what}", body)).status_code == 202

    assert gateway.bus.orders(RetryStudies) + gateway.bus.orders(GiveUpStudies) == []


@pytest.mark.parametrize("what", ["retry", "give-up"])
async def test_what_cannot_be_meant_is_refused(gateway: Gateway, what: str) -> None:
    path = await standing(gateway, ("waiting", AWAY))

    strange = a_problem(await gateway.post(f"{path}/{what}", {"studies": [uid(0), uid(5)]}), 422, "invalid")
    assert strange["positions"] == [1]
    both = {"studies": [uid(0)], "problem": AWAY}
    for body in (both, {"studies": ["../etc"]}, {"everything": True}, [], {"problem": "x" * 5000}):
        a_problem(await gateway.post(f"{path}/{what}", body), 422)
    a_problem(await gateway.post(f"/retrievals/{uuid4()}/{what}"), 404, "unknown-retrieval")
    assert gateway.bus.orders(RetryStudies) + gateway.bus.orders(GiveUpStudies) == []


async def test_a_cancelled_retrieval_is_not_taken_up_again(gateway: Gateway) -> None:
    path = await standing(gateway, ("waiting", AWAY))
    await gateway.post(f"{path}/cancel")
    (order,) = gateway.bus.orders(CancelRetrieval)
    about = {"retrieval_id": order.retrieval_id, "study_instance_uid": uid(0), "pacs": "main"}
    await gateway.bus.publish(RetrievalProgressed(**about, state="cancelled", expected=9, received=6, revision=9))
    end = RetrievalCompleted(retrieval_id=order.retrieval_id, state="cancelled", expected=9, received=6)
    await gateway.bus.publish(end)

    async def state() -> str:
        return str((await gateway.get(path))["state"])

    await becomes(state, "cancelled")
    a_problem(await gateway.post(f"{path}/retry"), 409, "already-settled")
    assert (await gateway.post(f"{path}/give-up")).status_code == 202
    assert gateway.bus.orders(RetryStudies) + gateway.bus.orders(GiveUpStudies) == []


async def test_an_order_that_failed_as_a_whole_is_replayed_among_the_failures(tmp_path: Path) -> None:
    async def refuse(_order: RetrievalRequested) -> None:
        raise Permanent("it does not fit")

    async with a_gateway(tmp_path, Service("mover", {RetrievalRequested: refuse})) as gateway:
        order = (await gateway.post("/retrievals", {"studies": await gateway.hold(1)})).json()

        async def state() -> str:
            return str((await gateway.get(f"/retrievals/{order['id']}"))["state"])

        await becomes(state, "incomplete")
        for what in ("retry", "give-up"):
            a_problem(await gateway.post(f"/retrievals/{order['id']}/{what}"), 409, "order-failed")
