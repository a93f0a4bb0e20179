"""Zip archives of deliveries, downloaded from where the exporter has put them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog

from radquarry.api.passwords import hashed
from radquarry.messages import DeliveryCompleted, DeliveryProgressed
from tests.api.gateway import DESTINATIONS, Gateway, a_gateway, a_problem, becomes
from tests.api.stories import uid

BOB, EVE, ADA = (httpx.BasicAuth(name, f"secret-{name}") for name in ("bob", "eve", "ada"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "zips"
    made.mkdir()
    return made


@pytest.fixture
async def gateway(tmp_path: Path, folder: Path) -> AsyncIterator[Gateway]:
    """Where ada is an administrator; bob and eve are not."""
    users = tmp_path / "users"
    users.write_text("".join(f"{name}:{hashed(f'secret-{name}')}\n" for name in ("ada", "bob", "eve")))
    api = {"authentication": {"users_file": users, "administrators": ["ada"]}}
    zips = {"kind": "directory", "path": str(folder), "zip": True, "password": "geheim"}
    destinations = {**DESTINATIONS, "zips": zips, "gone": {**zips, "path": str(folder / "nowhere")}}
    async with a_gateway(tmp_path, api=api, destinations=destinations) as opened:
        yield opened


async def ordered(gateway: Gateway, who: httpx.BasicAuth = BOB, **more: Any) -> str:
    """The id of a delivery of one study."""
    order = {"studies": await gateway.hold(1), "destination": "zips", "deidentify": True, **more}
    answer = await gateway.client.post("/api/v1/retrievals", json=order, auth=who)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["delivery"])


async def ended(gateway: Gateway, delivery: str, state: str = "complete", delivered: int = 2) -> None:
    """The exporter says that it was that."""
    about: dict[str, Any] = {"delivery_id": delivery, "retrieval_id": uuid4(), "state": state, "delivered": delivered}
    settled = {**about, "study_instance_uid": uid(0), "revision": 1, "state": "incomplete", "expected": 3}
    await gateway.bus.publish(DeliveryProgressed.model_validate(settled))
    await gateway.bus.publish(DeliveryCompleted.model_validate(about | {"expected": 3}))

    async def stands() -> str:
        return str((await gateway.client.get(f"/api/v1/deliveries/{delivery}", auth=ADA)).json()["state"])

    await becomes(stands, state)


async def asked(gateway: Gateway, delivery: str, who: httpx.BasicAuth = BOB, **query: Any) -> httpx.Response:
    return await gateway.client.get(f"/api/v1/deliveries/{delivery}/archive", params=query, auth=who)


async def test_whoever_ordered_it_and_administrators_take_the_archive_and_that_is_audited(
    gateway: Gateway, folder: Path
) -> None:
    delivery = await ordered(gateway)
    (folder / f"{delivery}.zip").write_bytes(b"PK first")
    (folder / f"{delivery}-2.zip").write_bytes(b"PK second")
    await ended(gateway, delivery, "incomplete")

    with structlog.testing.capture_logs() as logs:
        first, second = await asked(gateway, delivery), await asked(gateway, delivery, ADA, number=2)
        a_problem(await asked(gateway, delivery, EVE), 403, "not-for-you")

    assert (first.content, second.content) == (b"PK first", b"PK second")
    assert first.headers["content-type"] == "application/zip"
    assert first.headers["content-disposition"] == f'attachment; filename="{delivery}.zip"'
    said = [(one["action"], one["user"], one.get("number")) for one in logs if one["event"] == "audit"]
    assert said == [
        ("delivery.archive taken", "bob", 1),
        ("delivery.archive taken", "ada", 2),
        ("delivery.archive refused", "eve", None),
    ]
    a_problem(await asked(gateway, delivery, number=3), 404, "unknown-archive")
    a_problem(await asked(gateway, str(uuid4())), 404, "unknown-delivery")


async def test_its_page_offers_it_to_whoever_may_take_it_and_tells_others_why_not(
    gateway: Gateway, folder: Path
) -> None:
    delivery = await ordered(gateway)
    (folder / f"{delivery}.zip").write_bytes(b"PK" * 1000)
    await ended(gateway, delivery)
    page = gateway.url + f"/deliveries/{delivery}"

    own, other = await gateway.client.get(page, auth=BOB), await gateway.client.get(page, auth=EVE)

    link = f'href="/api/v1/deliveries/{delivery}/archive" download'
    assert link in own.text
    assert "encrypted (AES-256)" in own.text
    assert link not in other.text
    assert "for whoever ordered the delivery" in other.text


@pytest.mark.parametrize(
    ("state", "delivered", "told"),
    [("", 0, "when the delivery has ended"), ("cancelled", 2, "was stopped"), ("incomplete", 0, "Nothing was")],
)
async def test_nothing_is_given_before_the_end_nor_of_what_was_stopped(
    gateway: Gateway, folder: Path, state: str, delivered: int, told: str
) -> None:
    delivery = await ordered(gateway)
    (folder / f"{delivery}.zip").write_bytes(b"PK")
    if state:
        await ended(gateway, delivery, state, delivered)

    assert told in a_problem(await asked(gateway, delivery), 409, "not-ready")["detail"]


async def test_a_destination_that_gets_no_archives_has_none(gateway: Gateway) -> None:
    delivery = await ordered(gateway, destination="research")
    await ended(gateway, delivery)

    assert "no destination that gets" in a_problem(await asked(gateway, delivery), 409, "not-ready")["detail"]


async def test_identified_images_are_given_to_administrators_alone(gateway: Gateway, folder: Path) -> None:
    delivery = await ordered(gateway, ADA, deidentify=False)
    (folder / f"{delivery}.zip").write_bytes(b"PK")
    await ended(gateway, delivery)

    a_problem(await asked(gateway, delivery), 403, "not-for-you")
    assert (await asked(gateway, delivery, ADA)).content == b"PK"


async def test_a_folder_that_the_api_does_not_see_is_told_with_what_to_do(gateway: Gateway) -> None:
    delivery = await ordered(gateway, destination="gone")
    await ended(gateway, delivery)

    detail = a_problem(await asked(gateway, delivery), 409, "not-ready")["detail"]

    assert f"take {delivery}.zip there, or have the folder mounted" in detail


async def test_a_link_and_what_was_taken_away_are_no_archives(gateway: Gateway, folder: Path) -> None:
    delivery = await ordered(gateway)
    await ended(gateway, delivery)
    secret = folder.parent / "secret"
    secret.write_bytes(b"not yours")
    (folder / f"{delivery}.zip").symlink_to(secret)

    assert "any more" in a_problem(await asked(gateway, delivery), 404, "unknown-archive")["detail"]
