"""Health, metrics, OpenAPI, and hostile parameters."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator

from tests.api.gateway import CRAWL, Gateway, a_problem, becomes
from tests.api.stories import ACCESSION, SECRET, crawl_story, uid


async def test_readiness_says_which_peer_does_not_answer(gateway: Gateway) -> None:
    assert (await gateway.client.get("/health/ready")).status_code == 200

    gateway.bus.away = True

    document = a_problem(await gateway.client.get("/health/ready"), 503, "not-ready")
    assert document["peers"] == {"bus": "the bus does not answer", "state": "ok", "index": "ok"}
    assert (await gateway.client.get("/health/live")).status_code == 200


async def test_metrics_count_and_name_nobody(gateway: Gateway) -> None:
    story = crawl_story()
    await gateway.bus.publish(*story.all())

    async def crawls() -> bool:
        return 'radquarry_crawls{state="complete"} 1.0' in (await gateway.client.get("/metrics")).text

    await becomes(crawls, wanted=True)
    await gateway.client.get(f"/api/v1/studies/{uid(0)}")
    await gateway.client.get("/api/v1/studies", params={"q": SECRET})
    await gateway.client.get("/none/of/these")
    await gateway.client.request("PROPFIND", "/api/v1/crawls")

    text = (await gateway.client.get("/metrics")).text
    assert 'radquarry_queue_depth{queue="api.study.found"} 0.0' in text
    assert 'route="/api/v1/studies/{study_instance_uid}",status="4xx"' in text
    assert 'route="unmatched",status="4xx"' in text
    assert 'method="other"' in text
    for secret in (SECRET, ACCESSION, uid(0), str(story.crawl_id)):
        assert secret not in text


async def test_the_examples_of_openapi_fit_their_schemas(gateway: Gateway) -> None:
    document = (await gateway.client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    checked = 0
    for schema in schemas.values():
        whole = {**schema, "components": {"schemas": schemas}}
        for example in schema.get("examples", []):
            Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example)
            checked += 1

    assert checked >= 7


async def test_openapi_names_every_documented_call_and_its_errors(gateway: Gateway) -> None:
    document = (await gateway.client.get("/openapi.json")).json()
    calls = {
        (method.upper(), path.removeprefix("/api/v1")): call
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1")
        for method, call in methods.items()
    }

    assert {
        ("GET", "/pacs"),
        ("POST", "/pacs/{name}/echo"),
        ("POST", "/crawls"),
        ("GET", "/crawls/{crawl_id}"),
        ("GET", "/crawls/{crawl_id}/events"),
        ("DELETE", "/crawls/{crawl_id}"),
        ("POST", "/crawls/list"),
        ("GET", "/crawls/{crawl_id}/rows"),
        ("POST", "/crawls/{crawl_id}/resume"),
        ("GET", "/coverage"),
        ("GET", "/studies"),
        ("GET", "/studies/{study_instance_uid}"),
        ("POST", "/retrievals"),
        ("POST", "/retrievals/estimate"),
        ("GET", "/retrievals/{retrieval_id}/manifest"),
        ("POST", "/retrievals/{retrieval_id}/pause"),
        ("POST", "/failures/{failure_id}/replay"),
    } <= set(calls)
    for call in calls.values():
        assert call["summary"]
        problems = [answer for status, answer in call["responses"].items() if status >= "4"]
        assert problems
        assert all("application/problem+json" in answer["content"] for answer in problems)


async def test_every_wrong_way_ends_in_a_problem_document(gateway: Gateway) -> None:
    asked = [
        ("GET", "/api/v1/none", 404),
        ("GET", "/api/v2/crawls", 404),
        ("PUT", "/api/v1/crawls", 405),
        ("DELETE", "/health/live", 405),
        ("GET", "/api/v1/crawls/not-a-uuid", 404),
        ("GET", "/static/../settings.py", 404),
        ("GET", "/static/%2e%2e/%2e%2e/settings.py", 404),
        ("POST", "/api/v1/crawls", 422),
        ("TRACE", "/api/v1/crawls", 405),
    ]

    for method, path, status in asked:
        a_problem(await gateway.client.request(method, path), status)
    wrong = await gateway.client.post("/api/v1/crawls", content=b"{", headers={"Content-Type": "application/json"})
    a_problem(wrong, 422)


async def test_a_fault_of_ours_shows_nothing_of_its_inside(gateway: Gateway) -> None:
    async def broken(_query: object) -> None:
        raise RuntimeError(SECRET)

    gateway.index.search = broken  # type: ignore[assignment,method-assign]  # a fault nobody foresaw

    answer = await gateway.client.get("/api/v1/studies")

    document = a_problem(answer, 500, "fault")
    assert SECRET not in json.dumps(document)
    assert answer.headers["content-security-policy"]


WORDS = some.text(max_size=40)
PARAMETERS = some.dictionaries(
    some.sampled_from(
        [
            "q",
            "modality",
            "study_date",
            "pacs",
            "patient_sex",
            "has_report",
            "is_gone",
            "sort",
            "limit",
            "after",
            "language",
        ]
    ),
    WORDS | some.sampled_from(["2024-01-01..", "5", "newest", "CT AND (", '"', "*", "a~9", "[1 TO", "\0"]),
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=PARAMETERS)
async def test_any_search_is_answered_or_refused(gateway: Gateway, query: dict[str, str]) -> None:
    answer = await gateway.client.get("/api/v1/studies", params=query)

    if answer.status_code != 200:
        a_problem(answer, 422)


KEYS = [*CRAWL, "modalities", "studies", "series", "priors", "not_before", "estimated_bytes"]
BODIES: some.SearchStrategy[Any] = some.recursive(
    some.none() | some.booleans() | some.integers() | WORDS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(KEYS), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
async def test_any_body_is_taken_or_refused(gateway: Gateway, body: Any) -> None:
    for path in ("/crawls", "/retrievals", "/retrievals/estimate"):
        answer = await gateway.post(path, body)
        if answer.status_code != 202:
            a_problem(answer, 422)
