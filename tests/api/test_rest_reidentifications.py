"""Who is behind a pseudonym, over HTTP: two people, an answer once, and nothing of it anywhere else."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from radquarry.api.passwords import hashed
from radquarry.errors import Permanent
from radquarry.messages import PseudonymsResolved, ResolvePseudonyms
from radquarry.service import Service
from tests.api.gateway import Gateway, a_gateway, a_problem, becomes
from tests.api.second_person import PATH, REASON, WHO, Resolver, asked, state_is
from tests.api.stories import SECRET


async def test_two_people_and_then_the_answer_once(
    four: Gateway, resolver: Resolver, capsys: pytest.CaptureFixture[str]
) -> None:
    one = (await asked(four, "bob")).json()["id"]
    fetch = f"{PATH}/{one}/originals"
    a_problem(await four.client.post(fetch, auth=WHO["bob"]), 409, "not-ready")
    assert (resolver.asked, four.bus.orders(ResolvePseudonyms)) == ([], [])
    assert resolver.lying() == []

    for _ in range(2):
        assert (await four.client.post(f"{PATH}/{one}/approve", auth=WHO["ada"])).status_code == 202
    await state_is(four, one, "answered")

    (order,) = four.bus.orders(ResolvePseudonyms)
    assert (order.reidentification_id, order.pseudonyms) == (UUID(one), ("P-1", "P-2"))
    assert (order.requested_by, order.approved_by, order.project) == ("bob", "ada", "default")
    for other in ("ada", "eve", "joe"):
        a_problem(await four.client.post(fetch, auth=WHO[other]), 403, "not-yours")
    answer = await four.client.post(fetch, auth=WHO["bob"])
    assert answer.json()["originals"][1] == {"pseudonym": "P-2", "what": "PatientName", "original": SECRET}
    assert answer.headers["cache-control"] == "no-store"
    a_problem(await four.client.post(fetch, auth=WHO["bob"]), 410, "fetched")

    assert resolver.lying() == []
    log = capsys.readouterr().out
    for step in ("reidentification requested", "reidentification approved", "reidentification answer fetched"):
        assert step in log
    assert not any(word in log for word in (SECRET, "P-1", REASON))
    assert not any(SECRET in message.model_dump_json() for message in four.bus.published)


@pytest.mark.parametrize(
    ("asks", "approves", "kind"),
    [("ada", "ada", "same-person"), ("ada", "Ada", "same-person"), ("bob", "joe", "not-an-administrator")],
)
async def test_who_asked_and_who_is_no_administrator_cannot_approve(
    four: Gateway, asks: str, approves: str, kind: str
) -> None:
    one = (await asked(four, asks)).json()["id"]

    a_problem(await four.client.post(f"{PATH}/{one}/approve", auth=WHO[approves]), 403, kind)

    assert four.bus.orders(ResolvePseudonyms) == []
    await state_is(four, one, "requested")


async def test_a_refusal_has_a_reason_and_stays(four: Gateway, resolver: Resolver) -> None:
    one = (await asked(four, "bob")).json()["id"]
    refuse = f"{PATH}/{one}/refuse"
    why = {"reason": "The finding is known to the patient already"}
    a_problem(await four.client.post(refuse, json={"reason": "no"}, auth=WHO["ada"]), 422)
    a_problem(await four.client.post(refuse, json=why, auth=WHO["joe"]), 403, "not-an-administrator")
    a_problem(await four.client.post(refuse, json=why, auth=WHO["bob"]), 403, "not-an-administrator")

    resolver.answer_unasked(UUID(one))
    for _ in range(2):
        assert (await four.client.post(refuse, json=why, auth=WHO["ada"])).status_code == 202
    shown = (await four.client.get(f"{PATH}/{one}", auth=WHO["bob"])).json()

    assert (shown["state"], shown["refused_by"], shown["refusal"]) == ("refused", "ada", why["reason"])
    a_problem(await four.client.post(f"{PATH}/{one}/approve", auth=WHO["eve"]), 409, "decided")
    a_problem(await four.client.post(f"{PATH}/{one}/originals", auth=WHO["bob"]), 409, "not-ready")
    assert (resolver.asked, four.bus.orders(ResolvePseudonyms)) == ([], [])


async def test_what_was_approved_is_not_refused_any_more(four: Gateway) -> None:
    one = (await asked(four, "bob")).json()["id"]
    await four.client.post(f"{PATH}/{one}/approve", auth=WHO["ada"])
    await state_is(four, one, "answered")

    a_problem(await four.client.post(f"{PATH}/{one}/refuse", json={"reason": REASON}, auth=WHO["eve"]), 409)
    await state_is(four, one, "answered")


async def test_an_answer_to_what_was_refused_does_not_stay(four: Gateway, resolver: Resolver) -> None:
    one = (await asked(four, "bob")).json()["id"]
    await four.client.post(f"{PATH}/{one}/refuse", json={"reason": REASON}, auth=WHO["ada"])
    delivery = (await four.client.get(f"{PATH}/{one}", auth=WHO["bob"])).json()["delivery"]

    await resolver.resolve(
        ResolvePseudonyms(
            reidentification_id=one,
            delivery_id=delivery,
            project="default",
            pseudonyms=("P-1",),
            requested_by="bob",
            approved_by="ada",
        )
    )

    async def lying() -> list[str]:
        return resolver.lying()

    await becomes(lying, [])
    await state_is(four, one, "refused")


async def test_the_same_key_is_the_same_question(four: Gateway) -> None:
    first = (await asked(four, "bob")).json()["id"]
    shown = (await four.client.get(f"{PATH}/{first}", auth=WHO["bob"])).json()
    question = {name: shown[name] for name in ("delivery", "pseudonyms", "reason")}

    answers = [
        await four.client.post(PATH, json=question, auth=WHO["bob"], headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]

    assert len({answer.json()["id"] for answer in answers} - {first}) == 1


async def test_a_file_that_nobody_agreed_to_is_not_given(four: Gateway, tmp_path: Path) -> None:
    one = (await asked(four, "bob")).json()["id"]
    folder = tmp_path / "exchange" / "reidentifications"
    folder.mkdir(parents=True)
    (folder / f"{one}.json").write_text(json.dumps({"originals": []}))
    await four.bus.publish(PseudonymsResolved(reidentification_id=one, delivery_id=uuid4(), found=0))

    a_problem(await four.client.post(f"{PATH}/{one}/originals", auth=WHO["bob"]), 409, "not-ready")


async def test_an_answer_that_comes_again_after_the_fetch_does_not_stay(four: Gateway, resolver: Resolver) -> None:
    one = (await asked(four, "bob")).json()["id"]
    await four.client.post(f"{PATH}/{one}/approve", auth=WHO["ada"])
    await state_is(four, one, "answered")
    assert (await four.client.post(f"{PATH}/{one}/originals", auth=WHO["bob"])).status_code == 200

    await resolver.resolve(resolver.asked[0])

    async def lying() -> list[str]:
        return resolver.lying()

    await becomes(lying, [])
    a_problem(await four.client.post(f"{PATH}/{one}/originals", auth=WHO["bob"]), 410, "fetched")


async def test_an_answer_that_cannot_be_read_says_so_and_shows_nothing(
    four: Gateway, resolver: Resolver, tmp_path: Path
) -> None:
    one = (await asked(four, "bob")).json()["id"]
    await four.client.post(f"{PATH}/{one}/approve", auth=WHO["eve"])
    await state_is(four, one, "answered")
    (tmp_path / "exchange" / "reidentifications" / f"{one}.json").write_text(f'{{"originals": ["{SECRET}"]}}')

    answer = await four.client.post(f"{PATH}/{one}/originals", auth=WHO["bob"])

    a_problem(answer, 409, "unreadable")
    assert SECRET not in answer.text
    assert resolver.lying() == []


async def test_a_question_that_the_exporter_cannot_take_up_has_failed_and_is_asked_anew(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("".join(f"{name}:{hashed(name)}\n" for name in WHO))
    api = {"authentication": {"users_file": users, "administrators": ["ada", "eve"]}}
    resolver, is_broken = Resolver(tmp_path), [True]

    async def resolve(order: ResolvePseudonyms) -> None:
        if is_broken:
            raise Permanent("the mapping cannot be read")
        await resolver.resolve(order)

    async with a_gateway(tmp_path, Service("exporter", {ResolvePseudonyms: resolve}), api=api) as four:
        resolver.gateway = four
        one = (await asked(four, "bob")).json()["id"]
        await four.client.post(f"{PATH}/{one}/approve", auth=WHO["ada"])
        await state_is(four, one, "failed")
        shown = (await four.client.get(f"{PATH}/{one}", auth=WHO["bob"])).json()
        assert shown["problem"] == "the mapping cannot be read"
        refused = a_problem(await four.client.post(f"{PATH}/{one}/originals", auth=WHO["bob"]), 409, "not-ready")
        assert "the mapping cannot be read. Ask again." in refused["detail"]

        is_broken.clear()
        again = (await asked(four, "bob")).json()["id"]
        await four.client.post(f"{PATH}/{again}/approve", auth=WHO["ada"])
        await state_is(four, again, "answered")

        (parked,) = (await four.client.get("/api/v1/failures", auth=WHO["ada"])).json()["items"]
        await four.client.post(f"/api/v1/failures/{parked['id']}/replay", auth=WHO["ada"])
        await state_is(four, one, "answered")


async def test_identified_deliveries_and_vague_questions_are_refused(four: Gateway) -> None:
    a_problem(await asked(four, "ada", deidentify=False), 422, "invalid")
    question: dict[str, Any] = {"delivery": str(uuid4()), "pseudonyms": ["P-1"], "reason": REASON}
    a_problem(await four.client.post(PATH, json=question, auth=WHO["bob"]), 404, "unknown-delivery")
    for change in ({"pseudonyms": []}, {"reason": "so"}, {"pseudonyms": ["a\nb"]}, {"pseudonyms": ["x" * 65]}):
        a_problem(await four.client.post(PATH, json=question | change, auth=WHO["bob"]), 422)


async def test_questions_are_listed_for_who_asked_and_for_administrators(four: Gateway) -> None:
    one = (await asked(four, "bob")).json()["id"]

    seen = {name: (await four.client.get(PATH, auth=auth)).json()["items"] for name, auth in WHO.items()}

    assert {name: len(items) for name, items in seen.items()} == {"ada": 1, "Ada": 1, "eve": 1, "bob": 1, "joe": 0}
    assert (seen["ada"][0]["reason"], seen["ada"][0]["state"]) == (REASON, "requested")
    a_problem(await four.client.get(f"{PATH}/{one}", auth=WHO["joe"]), 403, "not-yours")


async def test_without_names_there_is_no_second_person(tmp_path: Path) -> None:
    async with a_gateway(tmp_path) as open_to_all:
        question = {"delivery": str(uuid4()), "pseudonyms": ["P-1"], "reason": REASON}

        problem = a_problem(await open_to_all.post("/reidentifications", question), 403, "no-second-person")

        assert "configure api.authentication" in problem["detail"]
        a_problem(await open_to_all.post(f"/reidentifications/{uuid4()}/approve"), 403, "no-second-person")
