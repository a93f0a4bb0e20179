"""Deliveries over HTTP; the exporter itself is tested elsewhere, here stands one that answers on the bus."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from radquarry.api.passwords import hashed
from radquarry.errors import Permanent
from radquarry.messages import (
    CancelDelivery,
    DeliveryRequested,
    InstanceDelivery,
    RetrievalRequested,
    RetryDelivery,
)
from radquarry.service import Service
from tests.api.delivering import delivered, finish, retrieved, state_of, tell
from tests.api.gateway import Gateway, a_gateway, a_problem
from tests.api.stories import uid

HELD, AWAY = "text in the pixels is likely", "the destination does not answer"


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Where ada is an administrator and bob is not."""
    users = tmp_path / "users"
    users.write_text(f"ada:{hashed('secret-ada')}\nbob:{hashed('secret-bob')}\n")
    api = {"authentication": {"users_file": users, "administrators": ["ada"]}}
    async with a_gateway(tmp_path, api=api) as opened:
        yield opened


async def test_a_retrieval_with_a_destination_says_both_orders_at_once(gateway: Gateway) -> None:
    wanted = {"studies": await gateway.hold(2), "destination": "research", "deidentify": {"project": "lung"}}

    answer = await gateway.post("/retrievals", wanted | {"reports": True})

    assert answer.status_code == 202
    (retrieval,), (delivery,) = gateway.bus.orders(RetrievalRequested), gateway.bus.orders(DeliveryRequested)
    assert answer.json() == {"id": str(retrieval.retrieval_id), "delivery": str(delivery.delivery_id)}
    assert (delivery.retrieval_id, delivery.destination, delivery.studies) == (retrieval.retrieval_id, "research", ())
    assert (delivery.deidentify.project, delivery.reports, delivery.mapping) == ("lung", True, False)
    shown = await gateway.get(f"/deliveries/{delivery.delivery_id}")
    assert (shown["state"], shown["studies_total"], len(shown["studies"])) == ("requested", 2, 2)


async def test_the_same_key_is_the_same_pair_even_when_only_half_of_it_is_known(gateway: Gateway) -> None:
    wanted = {"studies": await gateway.hold(1), "destination": "research", "deidentify": True}
    first = await gateway.post("/retrievals", wanted, **{"Idempotency-Key": "k1"})
    again = await gateway.post("/retrievals", wanted, **{"Idempotency-Key": "k1"})
    assert first.json() == again.json()
    assert len(gateway.bus.orders(DeliveryRequested)) == len(gateway.bus.orders(RetrievalRequested)) == 1

    identified = {key: value for key, value in wanted.items() if key != "deidentify"}
    a_problem(await gateway.post("/retrievals", identified, **{"Idempotency-Key": "k1"}), 422, "key-reused")


async def test_while_the_bus_is_away_neither_is_ordered(gateway: Gateway) -> None:
    wanted = {"studies": await gateway.hold(1), "destination": "research", "deidentify": True}
    gateway.bus.away = True

    a_problem(await gateway.post("/retrievals", wanted), 503, "away")

    gateway.bus.away = False
    assert (await gateway.get("/deliveries"))["items"] == (await gateway.get("/retrievals"))["items"] == []


@pytest.mark.parametrize(
    ("more", "kind", "told"),
    [
        ({"destination": "reserch"}, "unknown-destination", "Did you mean 'research'? Known: outside, research."),
        ({"destination": "research", "deidentify": {"profile": "x"}}, "unknown-profile", "Known: keep-dates."),
        ({"destination": "outside", "deidentify": True, "reports": True}, "invalid", "directories only"),
        ({"destination": "outside"}, "not-identified", "Only de-identified images may go to outside"),
        ({"destination": "research", "mapping": True}, "invalid", "needs deidentify"),
        ({"destination": "research", "deidentify": {"project": "../x"}}, "invalid", "project"),
        ({"deidentify": True}, "invalid", "Name a destination"),
        ({"reports": True, "mapping": True}, "invalid", "reports and mapping without destination"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_what_to_do(
    gateway: Gateway, more: dict[str, Any], kind: str, told: str
) -> None:
    studies = await gateway.hold(1)

    problem = a_problem(await gateway.post("/retrievals", {"studies": studies, **more}), 422, kind)

    assert told in problem["detail"]
    assert gateway.bus.published == []


async def test_identified_images_and_mappings_leave_by_order_of_administrators_only(guarded: Gateway) -> None:
    bob, ada = httpx.BasicAuth("bob", "secret-bob"), httpx.BasicAuth("ada", "secret-ada")
    order: dict[str, Any] = {"studies": await guarded.hold(1), "destination": "research"}
    orders = [order, order | {"deidentify": True, "mapping": True}]
    for body in orders:
        refused = await guarded.client.post("/api/v1/retrievals", json=body, auth=bob)
        a_problem(refused, 403, "not-an-administrator")
    assert guarded.bus.published == []
    for body in (*orders, order | {"deidentify": True}):
        who = ada if body in orders else bob
        assert (await guarded.client.post("/api/v1/retrievals", json=body, auth=who)).status_code == 202

    identified, mapped, usual = guarded.bus.orders(DeliveryRequested)
    again = f"/api/v1/deliveries/{identified.delivery_id}/retry"
    a_problem(await guarded.client.post(again, auth=bob), 403, "not-an-administrator")
    assert (await guarded.client.post(again, auth=ada)).status_code == 202
    assert (identified.deidentify, identified.requested_by) == (None, "ada")
    assert (mapped.mapping, usual.requested_by) == (True, "bob")


async def test_destinations_are_named_without_their_secrets(gateway: Gateway) -> None:
    answer = await gateway.client.get("/api/v1/destinations")

    assert answer.json()["items"] == [
        {"name": "outside", "kind": "dicomweb", "identified": False},
        {"name": "research", "kind": "directory", "identified": True},
    ]
    assert "geheim" not in answer.text


async def test_a_retrieval_is_delivered_afterwards_whole_or_in_part(gateway: Gateway) -> None:
    retrieval = await retrieved(gateway, 3)
    order = {"retrieval": retrieval, "destination": "research", "deidentify": True, "studies": [uid(1), uid(1)]}

    assert (await gateway.post("/deliveries", order)).status_code == 202

    (delivery,) = gateway.bus.orders(DeliveryRequested)
    assert (delivery.retrieval_id, delivery.studies, delivery.trail) == (
        UUID(retrieval),
        (uid(1),),
        delivery.delivery_id,
    )
    strange = a_problem(await gateway.post("/deliveries", order | {"studies": [uid(1), uid(9)]}), 422, "invalid")
    assert strange["positions"] == [1]
    a_problem(await gateway.post("/deliveries", order | {"retrieval": str(uuid4())}), 404, "unknown-retrieval")
    assert [one["id"] for one in (await gateway.get("/deliveries", retrieval=retrieval))["items"]] == [
        str(delivery.delivery_id)
    ]
    assert (await gateway.get("/deliveries", retrieval=str(uuid4())))["items"] == []


async def test_it_shows_what_arrived_what_was_held_back_and_why(gateway: Gateway) -> None:
    delivery = await delivered(gateway)
    lost = [
        InstanceDelivery(series_instance_uid="1.2", sop_instance_uid=f"1.2.{n}", state=state, problem=why)
        for n, (state, why) in enumerate([("held back", HELD), ("failed", AWAY), ("delivered", "")])
    ]
    await tell(gateway, delivery, 0, "incomplete", expected=3, delivered=1, held_back=1, problem=AWAY, instances=lost)
    await tell(gateway, delivery, 1, "complete", expected=0)
    await finish(gateway, delivery, findings=2)
    await state_of(gateway, delivery, "incomplete")

    shown = await gateway.get(f"/deliveries/{delivery}")

    assert shown["instances"] == {"expected": 3, "delivered": 1, "held_back": 1, "missing": 1}
    assert (shown["findings"], shown["studies"][0]["problem"]) == (2, AWAY)
    assert [(one["state"], one["problem"]) for one in shown["not_delivered"]] == [("failed", AWAY), ("held back", HELD)]
    table = await gateway.client.get(f"/api/v1/deliveries/{delivery}/manifest")
    assert table.headers["content-disposition"] == f'attachment; filename="delivery-{delivery}.csv"'
    assert table.text.splitlines()[1] == f"{uid(0)},1.2,1.2.0,held back,{HELD},"
    lines = await gateway.client.get(f"/api/v1/deliveries/{delivery}/manifest", params={"format": "jsonl"})
    assert [json.loads(line)["state"] for line in lines.text.splitlines()] == ["held back", "failed", "delivered"]


async def test_it_is_tried_again_and_cancelled_and_twice_is_once(gateway: Gateway) -> None:
    delivery = await delivered(gateway)
    assert (await gateway.post(f"/deliveries/{delivery}/retry")).status_code == 202
    assert gateway.bus.orders(RetryDelivery) == []

    for place in (0, 1):
        await tell(gateway, delivery, place, "incomplete", expected=1, problem=AWAY)
    await finish(gateway, delivery)
    await state_of(gateway, delivery, "incomplete")
    assert (await gateway.post(f"/deliveries/{delivery}/retry")).status_code == 202
    (again,) = gateway.bus.orders(RetryDelivery)
    assert again.delivery_id == UUID(delivery)
    a_problem(await gateway.post(f"/deliveries/{delivery}/cancel"), 409, "already-settled")

    other = await delivered(gateway)
    assert (await gateway.post(f"/deliveries/{other}/cancel")).status_code == 202
    (cancel,) = gateway.bus.orders(CancelDelivery)
    await finish(gateway, other, "cancelled")
    await state_of(gateway, other, "cancelled")
    assert (await gateway.post(f"/deliveries/{other}/cancel")).status_code == 202
    a_problem(await gateway.post(f"/deliveries/{other}/retry"), 409, "already-settled")
    assert gateway.bus.orders(CancelDelivery) == [cancel]
    for what in ("", "/events", "/manifest"):
        a_problem(await gateway.client.get(f"/api/v1/deliveries/{uuid4()}{what}"), 404, "unknown-delivery")


async def test_an_order_that_the_exporter_cannot_take_up_says_why(tmp_path: Path) -> None:
    async def refuse(_order: DeliveryRequested) -> None:
        raise Permanent("it does not fit")

    async with a_gateway(tmp_path, Service("exporter", {DeliveryRequested: refuse})) as gateway:
        delivery = await delivered(gateway)
        await state_of(gateway, delivery, "incomplete")

        assert (await gateway.get(f"/deliveries/{delivery}"))["problem"] == "it does not fit"
        a_problem(await gateway.post(f"/deliveries/{delivery}/cancel"), 409, "order-failed")


async def test_it_can_be_watched_to_its_end(gateway: Gateway) -> None:
    delivery = await delivered(gateway)
    seen: list[tuple[str, str]] = []
    async with gateway.client.stream("GET", f"/api/v1/deliveries/{delivery}/events") as stream:
        name = ""
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                seen.append((name, json.loads(line.removeprefix("data: "))["state"]))
                if len(seen) == 1:
                    await finish(gateway, delivery, problem="no such folder")
    assert (seen[0], seen[-1]) == (("progress", "requested"), ("end", "incomplete"))


async def test_lists_page_by_cursor(gateway: Gateway) -> None:
    ids = [await delivered(gateway) for _ in range(3)]

    first = await gateway.get("/deliveries", limit=2)
    rest = await gateway.get("/deliveries", limit=2, after=first["after"])

    assert [one["id"] for one in (*first["items"], *rest["items"])] == ids[::-1]
    assert rest["after"] is None
