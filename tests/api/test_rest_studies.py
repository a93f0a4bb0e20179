"""Search and retrievals over HTTP, on a real index."""

import csv
import io
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from radquarry.index.document import StudyPart
from radquarry.messages import CancelRetrieval, PauseRetrieval, ResumeRetrieval, RetrievalRequested
from tests.api.gateway import Gateway, a_gateway, a_problem, becomes, study
from tests.api.stories import NOON, RetrievalStory, uid


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path) as opened:
        await opened.hold(3)
        yield opened


async def test_a_search_answers_hits_facets_and_highlights(gateway: Gateway) -> None:
    found = await gateway.get("/studies", q="pneumothorax")

    (hit,) = found["hits"]
    assert (found["total"], hit["study_instance_uid"], hit["accession_number"]) == (1, uid(0), "A0000")
    assert (hit["has_report"], hit["language"], hit["body_part_examined"]) == (True, "en", ["CHEST"])
    assert {"text": "pneumothorax", "match": True} in [piece for passage in hit["highlights"] for piece in passage]
    assert found["facets"]["modality"] == [{"value": "CT", "count": 1}]
    assert found["months"] == {"2024-06": 1}


FILTERS: list[Any] = [
    ({}, 3),
    ({"study_date": "2024-06-02"}, 1),
    ({"study_date": "2024-06-02.."}, 2),
    ({"study_date": "..2024-06-02"}, 2),
    ({"study_date": "2024-06-01..2024-06-02"}, 2),
    ({"modality": ["MR", "CT"]}, 3),
    ({"modality": "MR"}, 0),
    ({"exclude_modality": "CT"}, 0),
    ({"has_report": "true"}, 1),
    ({"patient_sex": "F", "pacs": "main", "body_part_examined": "CHEST"}, 3),
    ({"language": "de"}, 0),
    ({"institution_name": "nowhere"}, 0),
]


async def test_filters_narrow_the_search(gateway: Gateway) -> None:
    for query, total in FILTERS:
        assert (await gateway.get("/studies", **query))["total"] == total


async def test_a_search_pages_by_cursor(gateway: Gateway) -> None:
    first = await gateway.get("/studies", sort="oldest", limit=2)
    second = await gateway.get("/studies", sort="oldest", limit=2, after=first["after"])

    assert [hit["study_instance_uid"] for hit in first["hits"] + second["hits"]] == [uid(0), uid(1), uid(2)]
    assert second["after"] is None


async def test_a_query_that_cannot_be_read_says_where_and_what_was_expected(gateway: Gateway) -> None:
    for wanted in ("json", "csv"):
        answer = await gateway.client.get("/api/v1/studies", params={"q": "pneumothorax AND (", "format": wanted})
        document = a_problem(answer, 422, "query")
        assert document["position"] == 17
        assert "expected" in document["expected"]


WRONG_PARAMETERS: list[Any] = [
    {"study_date": "2024-02-30"},
    {"study_date": "2024-02-01..2024-01-01"},
    {"study_date": "20240101"},
    {"study_date": ".."},
    {"limit": "0"},
    {"limit": "many"},
    {"sort": "worst"},
    {"modalty": "CT"},
    {"format": "pdf"},
    {"format": "xlsx"},
    {"has_report": "perhaps"},
    {"after": "nonsense"},
]


async def test_a_wrong_parameter_is_a_problem(gateway: Gateway) -> None:
    for query in WRONG_PARAMETERS:
        a_problem(await gateway.client.get("/api/v1/studies", params=query), 422)


async def test_one_study_has_its_series_and_its_report(gateway: Gateway) -> None:
    shown = await gateway.get(f"/studies/{uid(0)}")

    assert shown["report"]["text"] == "Small apical pneumothorax on the left."
    assert [each["series_instance_uid"] for each in shown["series"]] == [f"{uid(0)}.1"]
    assert (await gateway.get(f"/studies/{uid(1)}"))["report"] is None


async def test_a_table_holds_every_hit_and_no_formula(gateway: Gateway) -> None:
    answer = await gateway.client.get("/api/v1/studies", params={"format": "csv", "sort": "oldest"})

    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["study_instance_uid"] for row in rows] == [uid(0), uid(1), uid(2)]
    assert rows[1]["patient_name"] == "'=HYPERLINK^Eva"
    assert (rows[0]["report"], rows[0]["has_report"]) == ("Small apical pneumothorax on the left.", "true")
    limited = await gateway.client.get("/api/v1/studies", params={"format": "csv", "limit": 1})
    assert len(limited.text.splitlines()) == 2


async def test_a_large_table_streams(gateway: Gateway) -> None:
    await gateway.index.merge([StudyPart(pacs="main", study=study(n), answered_at=NOON) for n in range(100, 700)])

    async with gateway.client.stream("GET", "/api/v1/studies", params={"format": "csv"}) as answer:
        chunks = [chunk async for chunk in answer.aiter_raw()]

    assert "content-length" not in answer.headers
    assert len(chunks) > 1
    assert b"".join(chunks).count(b"\r\n") == 604


async def test_a_retrieval_is_ordered_from_the_pacs_that_holds_each_study(gateway: Gateway) -> None:
    body = {
        "studies": [uid(1), uid(0), uid(1)],
        "series": {"modality": ["ct"], "exclude_description": ["scout"]},
        "priority": 3,
    }

    answer = await gateway.post("/retrievals", body)

    (order,) = gateway.bus.orders(RetrievalRequested)
    assert (answer.status_code, answer.json()) == (202, {"id": str(order.retrieval_id)})
    assert [(each.study_instance_uid, each.pacs) for each in order.studies] == [(uid(1), "main"), (uid(0), "main")]
    assert (order.trail, order.series.modality, order.priority) == (order.retrieval_id, ("CT",), 3)
    shown = await gateway.get(f"/retrievals/{order.retrieval_id}")
    waiting = {"state": "requested", "expected": None, "received": 0}
    assert shown == {
        "id": str(order.retrieval_id),
        "state": "requested",
        "instances": {"expected": 0, "received": 0, "missing": 0},
        "rate": None,
        "expected_end": None,
        "windows": [],
        "studies": [{"study_instance_uid": uid(1), **waiting}, {"study_instance_uid": uid(0), **waiting}],
    }


WRONG_RETRIEVALS: list[Any] = [
    ({"studies": []}, "invalid"),
    ({"studies": ["../../etc/passwd"]}, "invalid"),
    ({"studies": ["1." * 40]}, "invalid"),
    ({"studies": ["1.2.3"], "destination": "nowhere"}, "unknown-destination"),
    ({"cohort": "c1"}, "not-in-this-version"),
    ({"studies": ["1.2.3"], "deidentify": True}, "invalid"),
    ({"studies": ["1.2.3"], "priority": 1000}, "invalid"),
    ({"studies": ["1.2.3"], "prioritty": 1}, "invalid"),
]


async def test_a_wrong_retrieval_says_what_to_mend(gateway: Gateway) -> None:
    for body, kind in WRONG_RETRIEVALS:
        a_problem(await gateway.post("/retrievals", body), 422, kind)


async def test_studies_the_index_does_not_hold_are_named_by_position(gateway: Gateway) -> None:
    answer = await gateway.post("/retrievals", {"studies": [uid(0), uid(77), uid(1), uid(78)]})

    document = a_problem(answer, 422, "unknown-studies")
    assert document["positions"] == [1, 3]
    assert "2 of 4" in document["detail"]
    assert gateway.bus.orders(RetrievalRequested) == []


async def test_a_repeated_key_is_the_same_retrieval(gateway: Gateway) -> None:
    order = {"studies": [uid(0)]}
    first = await gateway.post("/retrievals", order, **{"Idempotency-Key": "k"})
    second = await gateway.post("/retrievals", order, **{"Idempotency-Key": "k"})

    assert first.json() == second.json()
    assert len(gateway.bus.orders(RetrievalRequested)) == 1
    a_problem(await gateway.post("/retrievals", {"studies": [uid(1)]}, **{"Idempotency-Key": "k"}), 422, "key-reused")
    a_problem(await gateway.post("/retrievals", order, **{"Idempotency-Key": "a b"}), 422, "invalid")


async def test_a_retrieval_ends_with_a_manifest(gateway: Gateway) -> None:
    order = (await gateway.post("/retrievals", {"studies": [uid(0), uid(1)]})).json()
    story = RetrievalStory(UUID(order["id"]), instances=(3, 1))
    path = f"/retrievals/{order['id']}"

    async def state() -> str:
        return str((await gateway.get(path))["state"])

    await gateway.bus.publish(*story.all()[1:])
    await becomes(state, "complete")

    shown = await gateway.get(path)
    assert shown["instances"] == {"expected": 4, "received": 4, "missing": 0}
    lines = (await gateway.client.get(f"/api/v1{path}/manifest", params={"format": "jsonl"})).text.splitlines()
    assert json.loads(lines[0]) == {
        "study_instance_uid": uid(0),
        "series_instance_uid": f"{uid(0)}.1",
        "sop_instance_uid": f"{uid(0)}.1.0",
        "received": True,
        "bytes": 100,
        "sha256": "0" * 64,
        "left_at": None,
    }
    table = (await gateway.client.get(f"/api/v1{path}/manifest")).text
    assert (len(lines), len(table.splitlines())) == (4, 5)
    (listed,) = (await gateway.get("/retrievals"))["items"]
    assert (listed["studies_total"], listed["studies_settled"], listed["state"]) == (2, 2, "complete")
    a_problem(await gateway.post(f"{path}/pause"), 409, "already-settled")


async def test_a_retrieval_is_paused_resumed_and_cancelled(gateway: Gateway) -> None:
    order = (await gateway.post("/retrievals", {"studies": [uid(0)]})).json()

    answers = [await gateway.post(f"/retrievals/{order['id']}/{what}") for what in ("pause", "resume", "cancel")]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    heard = map(gateway.bus.orders, (PauseRetrieval, ResumeRetrieval, CancelRetrieval))
    assert [[str(each.retrieval_id) for each in orders] for orders in heard] == [[order["id"]]] * 3
    for what in ("pause", "resume", "cancel"):
        a_problem(await gateway.post(f"/retrievals/{uuid4()}/{what}"), 404, "unknown-retrieval")
    missing = partial(gateway.client.get, f"/api/v1/retrievals/{uuid4()}/manifest")
    a_problem(await missing(), 404, "unknown-retrieval")
