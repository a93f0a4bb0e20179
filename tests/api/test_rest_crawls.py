"""Crawls over HTTP."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from radquarry.messages import CancelCrawl, CrawlRequested, PacsContradicted
from tests.api.gateway import CRAWL, Gateway, a_problem, becomes
from tests.api.stories import ACCESSION, NOON, SECRET, CrawlStory, crawl_story, uid


async def test_a_crawl_is_ordered_and_shown_in_the_documented_shape(gateway: Gateway) -> None:
    answer = await gateway.post("/crawls", {**CRAWL, "modalities": ["ct", "MR"]})

    assert answer.status_code == 202
    (order,) = gateway.bus.orders(CrawlRequested)
    assert answer.json() == {"id": str(order.crawl_id)}
    assert (order.trail, order.pacs, order.modalities) == (order.crawl_id, "main", ("CT", "MR"))
    shown = await gateway.get(f"/crawls/{order.crawl_id}")
    assert shown == shown | {
        "id": str(order.crawl_id),
        "state": "requested",
        "windows": {"planned": 0, "closed": 0, "gaps": 0},
        "studies_found": 0,
        "reports_fetched": 0,
        "reports_missing": 0,
        "documents_indexed": 0,
        "problems": [],
        "way": "dates",
        "start_date": "2024-06-01",
        "end_date": "2024-06-03",
        "modalities": ["CT", "MR"],
        "rows": None,
        "rate": None,
        "expected_end": None,
    }


async def test_what_the_bus_brings_is_shown_and_nothing_of_the_patient(gateway: Gateway) -> None:
    order = (await gateway.post("/crawls", CRAWL)).json()
    story = CrawlStory(UUID(order["id"]), gaps=(1,))

    await gateway.bus.publish(*story.all())
    await becomes(partial(_state, gateway, order["id"]), "incomplete")

    answer = await gateway.client.get(f"/api/v1/crawls/{order['id']}")
    assert answer.json()["problems"] == [
        {
            "kind": "gap",
            "reason": "the PACS cut its answer",
            "day": "2024-06-02",
            "begin": "080000",
            "end": "090000",
        }
    ]
    assert SECRET not in answer.text
    assert ACCESSION not in answer.text
    page = await gateway.get("/crawls")
    assert [(each["id"], each["pacs"], each["problem_count"]) for each in page["items"]] == [(order["id"], "main", 1)]
    days = (await gateway.get("/coverage", pacs="main", start_date="2024-06-01", end_date="2024-06-04"))["days"]
    assert [each["state"] for each in days] == ["complete", "gap", "complete", "unseen"]


async def test_what_contradicts_the_profile_is_a_problem_of_the_crawl_and_told_of_the_pacs(gateway: Gateway) -> None:
    crawl_id = (await gateway.post("/crawls", CRAWL)).json()["id"]
    reason = "an answer of 41 rows came, its profile says 40 at most"
    said = PacsContradicted(pacs="main", kind="longer", reason=reason, seen_at=NOON, crawl_id=UUID(crawl_id))

    await gateway.bus.publish(said, said)

    async def problems() -> Any:
        return (await gateway.get(f"/crawls/{crawl_id}"))["problems"]

    await becomes(problems, [{"kind": "profile", "reason": reason}])
    (pacs,) = (each for each in (await gateway.get("/pacs"))["items"] if each["name"] == "main")
    assert pacs["contradiction"]["reason"] == reason
    assert "The PACS contradicts its profile" in (await gateway.client.get(f"/crawls/{crawl_id}")).text


async def _state(gateway: Gateway, crawl_id: str) -> str:
    return str((await gateway.get(f"/crawls/{crawl_id}"))["state"])


async def test_a_lost_answer_costs_no_order_and_a_repeated_key_makes_no_second_one(gateway: Gateway) -> None:
    first = await gateway.post("/crawls", CRAWL, **{"Idempotency-Key": "night-1"})
    second = await gateway.post("/crawls", CRAWL, **{"Idempotency-Key": "night-1"})
    other = await gateway.post("/crawls", CRAWL, **{"Idempotency-Key": "night-2"})

    assert first.json() == second.json() != other.json()
    assert len(gateway.bus.orders(CrawlRequested)) == 2
    changed = await gateway.post("/crawls", {**CRAWL, "end_date": "2024-06-05"}, **{"Idempotency-Key": "night-1"})
    a_problem(changed, 422, "key-reused")


async def test_an_order_while_the_bus_is_away_is_refused_and_leaves_nothing(gateway: Gateway) -> None:
    gateway.bus.away = True
    refused = await gateway.post("/crawls", CRAWL, **{"Idempotency-Key": "k"})

    a_problem(refused, 503, "away")
    assert refused.headers["retry-after"]
    assert (await gateway.get("/crawls"))["items"] == []

    gateway.bus.away = False
    taken = await gateway.post("/crawls", CRAWL, **{"Idempotency-Key": "k"})
    assert (taken.status_code, len(gateway.bus.orders(CrawlRequested))) == (202, 1)


async def test_an_order_that_was_published_but_not_written_comes_back_by_the_bus(gateway: Gateway) -> None:
    story = crawl_story()

    await gateway.bus.publish(story.requested())

    async def listed() -> list[str]:
        return [each["id"] for each in (await gateway.get("/crawls"))["items"]]

    await becomes(listed, [str(story.crawl_id)])


WRONG_CRAWLS: list[Any] = [
    ({**CRAWL, "pacs": "mian"}, "unknown-pacs", "main"),
    ({**CRAWL, "end_date": "2024-05-01"}, "invalid", "after end_date"),
    ({**CRAWL, "end_date": "2024-13-01"}, "invalid", "body.end_date"),
    ({**CRAWL, "start_date": "1900-01-01"}, "invalid", "100 years"),
    ({**CRAWL, "modalities": ["CT\\MR"]}, "invalid", "modalities"),
    ({**CRAWL, "modalitys": ["CT"]}, "invalid", "modalitys"),
    ({"pacs": "main"}, "invalid", "days (start_date and end_date), a list, queries, or a RIS"),
    ({"pacs": "main", "start_date": "2024-06-01"}, "invalid", "start_date and end_date"),
    ([], "invalid", "body"),
    ("x", "invalid", "body"),
]


async def test_a_wrong_order_says_what_to_mend(gateway: Gateway) -> None:
    for body, kind, words in WRONG_CRAWLS:
        document = a_problem(await gateway.post("/crawls", body), 422, kind)

        assert words in document["detail"]
        assert gateway.bus.orders(CrawlRequested) == []


async def test_a_crawl_is_cancelled_by_its_order_and_not_twice_after_its_end(gateway: Gateway) -> None:
    order = (await gateway.post("/crawls", CRAWL)).json()
    path = f"/api/v1/crawls/{order['id']}"

    assert (await gateway.client.delete(path)).status_code == 202
    assert [str(each.crawl_id) for each in gateway.bus.orders(CancelCrawl)] == [order["id"]]
    await gateway.bus.publish(*CrawlStory(UUID(order["id"])).all())
    await becomes(partial(_state, gateway, order["id"]), "complete")

    a_problem(await gateway.client.delete(path), 409, "already-settled")
    a_problem(await gateway.client.delete(f"/api/v1/crawls/{uuid4()}"), 404, "unknown-crawl")


async def test_lists_page_by_cursor(gateway: Gateway) -> None:
    stories = [crawl_story() for _ in range(5)]
    for place, story in enumerate(stories):
        moment = story.requested().sent_at + timedelta(minutes=place)
        await gateway.bus.publish(story.requested().model_copy(update={"sent_at": moment}))

    async def count() -> int:
        return len((await gateway.get("/crawls"))["items"])

    await becomes(count, 5)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await gateway.get("/crawls", limit=2, **({"after": after} if after else {}))
        seen += [each["id"] for each in page["items"]]
        if (after := page["after"]) is None:
            break

    assert seen == [str(story.crawl_id) for story in reversed(stories)]
    a_problem(await gateway.client.get("/api/v1/crawls?after=nonsense"), 422)
    a_problem(await gateway.client.get("/api/v1/crawls?limit=0"), 422)


async def test_a_uid_of_nobody_is_not_found(gateway: Gateway) -> None:
    paths = ["/crawls/none", f"/crawls/{uuid4()}", f"/crawls/{uuid4()}/events", f"/studies/{uid(99)}", "/studies/..%2f"]

    assert [(await gateway.client.get(f"/api/v1{path}")).status_code for path in paths] == [404] * 5
