"""What is a fault of a FHIR server that passes, and what it costs."""

import gzip
import tracemalloc
from typing import Any

import pytest

from radquarry.messages import Report
from radquarry.ris_fetcher.report_text import Unreadable
from radquarry.ris_fetcher.ris import NoReport, RisAway, RisRefuses
from tests.doubles.http_server import Server, Told, http_server
from tests.ris_fetcher.asking_fhir import answer_to, as_json, ask, bundle, report


async def test_a_packed_answer_is_unpacked() -> None:
    told = bundle(report())

    found = await answer_to(Told(body=gzip.compress(told.body), headers={"Content-Encoding": "gzip"}))

    assert isinstance(found, Report)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b" " * 200_000_000)),
        ("gzip, gzip", gzip.compress(gzip.compress(b" " * 200_000_000))),
        ("gzip", b"no gzip"),
    ],
    ids=["bomb", "bomb in a bomb", "not packed"],
)
async def test_a_bomb_costs_no_memory(encoding: str, body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises((RisAway, Unreadable)):
            await answer_to(Told(body=body, headers={"Content-Encoding": encoding}))
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


async def test_a_server_that_answers_byte_by_byte_is_given_up() -> None:
    with http_server(lambda _: Told(body=b" " * 1000, drip=0.05)) as server, pytest.raises(RisAway, match="no whole"):
        await ask(server, timeout_seconds=0.1)


@pytest.mark.parametrize(
    "fault",
    [
        Told(status=500),
        Told(status=404),
        Told(status=408),
        Told(status=302, headers={"Location": "http://127.0.0.1:1/login"}),
        Told(body=b"<html>Please log in</html>", content_type="text/html"),
        Told(body=b'{"resourceType": "Bundle"', content_type="application/json"),
        Told(body=b"[]"),
        Told(body=b"[" * 100_000),
        Told(body=bundle(report()).body, cut=True),
        as_json({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
        as_json({"resourceType": "Patient"}),
        bundle({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
    ],
    ids=[
        "500",
        "404",
        "408",
        "302",
        "html behind 200",
        "cut json",
        "list",
        "deep",
        "cut",
        "outcome",
        "patient",
        "outcome in bundle",
    ],
)
async def test_a_fault_passes_and_is_no_missing_report(fault: Told) -> None:
    with pytest.raises(RisAway, match=r"main|answers"):
        await answer_to(fault)


async def test_a_fault_of_a_moment_costs_nothing() -> None:
    answers = iter([Told(status=500), Told(body=b"<html>", content_type="text/html"), bundle(report())])

    assert isinstance(await answer_to(lambda _: next(answers)), Report)


async def test_a_server_that_names_a_wait_gets_it() -> None:
    with pytest.raises(RisAway) as caught:
        await answer_to(Told(status=429, headers={"Retry-After": "120"}))

    assert caught.value.after == 120


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_names_the_key_to_mend(status: int) -> None:
    with pytest.raises(RisRefuses, match=r"ris\.main\.token"):
        await answer_to(Told(status=status))


async def test_a_server_that_is_away_is_said_to_be_away() -> None:
    with pytest.raises(RisAway, match="ConnectError"):
        await ask(Server(1))


WRONG = {"presentedForm": {"a": 1}, "subject": [], "meta": 7, "issued": 5, "id": [], "text": 3, "conclusion": {}}


@pytest.mark.parametrize(
    "entry", [3, [3, {"resource": 4}], [{"resource": {"resourceType": "DiagnosticReport", **WRONG}}]]
)
async def test_a_resource_of_wrong_types_is_no_report_and_breaks_nothing(entry: Any) -> None:
    assert isinstance(await answer_to(as_json({"resourceType": "Bundle", "entry": entry})), NoReport)
