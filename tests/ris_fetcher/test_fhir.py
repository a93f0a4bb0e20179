"""A FHIR server as hospitals have them: what is a report, what is a fault that passes, what is not there."""

import base64
import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from radquarry.configuration.ris import FhirRis as Section
from radquarry.messages import Report, Study
from radquarry.ris_fetcher.fhir import FhirRis
from radquarry.ris_fetcher.report_text import Unreadable
from radquarry.ris_fetcher.ris import NoReport, RisAway, RisRefuses
from tests.doubles.http_server import Asked, Server, Told, http_server

STUDY = Study(study_instance_uid="1.2.3", accession_number="A-0042", patient_id="P1")


def inline(text: str, kind: str = "text/plain") -> dict[str, Any]:
    return {"contentType": kind, "data": base64.b64encode(text.encode()).decode()}


def report(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "issued": "2024-05-17T10:00:00+02:00",
        "language": "de-CH",
        "meta": {"versionId": "1"},
        "subject": {"identifier": {"value": "P1"}},
        "presentedForm": [inline("Kein Pneumothorax.")],
        **changes,
    }


def bundle(*resources: dict[str, Any], **more: Any) -> Told:
    entries = [{"resource": resource} for resource in resources]
    return as_json({"resourceType": "Bundle", "type": "searchset", "entry": entries, **more})


def as_json(resource: Any) -> Told:
    return Told(body=json.dumps(resource).encode())


async def ask(server: Server, study: Study = STUDY, **section: Any) -> Report | NoReport:
    ris = Section.model_validate({"kind": "fhir", "url": f"{server.url}/fhir", "timeout_seconds": 2, **section})
    async with FhirRis.open("main", ris, quick=(0, 0)) as source:
        return await source.report(study)


async def answer_to(told: Told | Callable[[Asked], Told], study: Study = STUDY) -> Report | NoReport:
    with http_server(told if callable(told) else lambda _: told) as server:
        return await ask(server, study)


async def text_of(resource: dict[str, Any]) -> str:
    found = await answer_to(bundle(resource))
    assert isinstance(found, Report), found
    return found.text


async def test_a_report_comes_with_what_is_known_of_it() -> None:
    found = await answer_to(bundle(report(resultsInterpreter=[{"display": "Dr. Muster"}])))

    assert found == Report(
        report_id="r1",
        text="Kein Pneumothorax.",
        issued=datetime(2024, 5, 17, 8, tzinfo=UTC),
        status="final",
        version="1",
        language="de",
        performer="Dr. Muster",
        link="exact",
    )


async def test_it_is_asked_by_accession_number_with_the_token() -> None:
    with http_server(lambda _: bundle(report())) as server:
        await ask(server, token="secret")

    assert [(asked.path, asked.query) for asked in server.asked] == [
        ("/fhir/DiagnosticReport", {"identifier": ["A-0042"]})
    ]
    assert server.asked[0].headers[
        "authorization" if "authorization" in server.asked[0].headers else "Authorization"
    ] == ("Bearer secret")


async def test_html_becomes_text_without_its_scripts() -> None:
    page = "<html><script>alert(1)</script><h2>Befund</h2><p>Rundherd &lt; 5&nbsp;mm.</p></html>"

    text = await text_of(report(presentedForm=[inline(page, "text/html; charset=utf-8")]))

    assert text.split() == ["Befund", "Rundherd", "<", "5", "mm."]


async def test_plain_text_goes_before_html() -> None:
    assert await text_of(report(presentedForm=[inline("<p>b</p>", "text/html"), inline("a")])) == "a"


async def test_the_charset_that_is_named_counts() -> None:
    form = {
        "contentType": "text/plain; charset=iso-8859-1",
        "data": base64.b64encode("Lösung".encode("latin-1")).decode(),
    }

    assert await text_of(report(presentedForm=[form])) == "Lösung"


async def test_without_a_presented_form_the_narrative_and_the_conclusion_are_the_report() -> None:
    bare = report(presentedForm=[], conclusion="Unauffällig.", text={"div": "<div><p>Technik: nativ.</p></div>"})

    assert (await text_of(bare)).split() == ["Technik:", "nativ.", "Unauffällig."]


async def test_a_conclusion_that_the_narrative_holds_comes_once() -> None:
    assert await text_of(report(presentedForm=[], conclusion="A b.", text={"div": "<div>A\n b.</div>"})) == "A b."


async def test_a_form_on_the_same_server_is_fetched() -> None:
    def answer(asked: Asked) -> Told:
        if asked.path == "/fhir/Binary/1":
            return Told(body=b"from afar", content_type="text/plain")
        return bundle(report(presentedForm=[{"contentType": "text/plain", "url": "Binary/1"}]))

    found = await answer_to(answer)

    assert isinstance(found, Report)
    assert found.text == "from afar"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x", "//127.0.0.1:1/x", "file:///etc/passwd", "http://[", "ftp://h/x"]
)
async def test_a_form_anywhere_else_is_never_fetched(address: str) -> None:
    found = await answer_to(bundle(report(presentedForm=[{"contentType": "text/plain", "url": address}])))

    assert isinstance(found, NoReport)
    assert "another server" in found.reason or "is none" in found.reason


async def fetched(told: Told, kind: str = "text/plain") -> Report | NoReport:
    """What becomes of a form that lies at an address of the RIS and is answered so."""
    linked = bundle(report(presentedForm=[{"contentType": kind, "url": "Binary/1"}]))
    return await answer_to(lambda asked: told if asked.path == "/fhir/Binary/1" else linked)


async def test_a_form_that_comes_as_a_binary_resource_is_unpacked() -> None:
    """What a server answers to who takes FHIR (R4 Binary, 2.9.6)."""
    found = await fetched(as_json({"resourceType": "Binary", **inline("<p>unpacked</p>", "text/html")}))

    assert isinstance(found, Report)
    assert found.text == "unpacked"


@pytest.mark.parametrize(
    "told",
    [
        Told(body=b"<html>Please log in</html>", content_type="text/html"),
        as_json({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
        Told(body=b"{", content_type="application/json"),
    ],
    ids=["html behind 200", "outcome", "broken json"],
)
async def test_a_page_in_place_of_a_form_is_no_report(told: Told) -> None:
    with pytest.raises(RisAway, match=r"instead of|broken"):
        await fetched(told)


async def test_a_form_that_is_no_text_is_not_fetched() -> None:
    found = await fetched(Told(status=500), "application/pdf")

    assert found == NoReport("the report is application/pdf, not text")


async def test_version_10_comes_after_version_9() -> None:
    found = await answer_to(bundle(report(meta={"versionId": "10"}), report(meta={"versionId": "9"})))

    assert isinstance(found, Report)
    assert found.version == "10"


TEXT = "Größe??>>"


@pytest.mark.parametrize(
    "data",
    [
        base64.b64encode(TEXT.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(TEXT.encode()).decode(),
        base64.encodebytes(TEXT.encode() * 9).decode().replace("\n", "\r\n"),
    ],
    ids=["no padding", "of URLs", "lines"],
)
async def test_base64_is_read_as_it_is_written(data: str) -> None:
    assert (await text_of(report(presentedForm=[{"contentType": "text/plain", "data": data}]))).startswith(TEXT)


async def test_text_that_nobody_packed_is_not_taken_for_base64() -> None:
    found = await answer_to(bundle(report(presentedForm=[{"contentType": "text/plain", "data": "Kein Erguss."}])))

    assert found == NoReport("the report's text is not base64")


async def test_half_a_character_costs_no_report() -> None:
    found = await answer_to(Told(body=bundle(report(id="r\ud83d", performer=[{"display": "Dr. \udc00M"}])).body))

    assert isinstance(found, Report)
    assert (found.report_id, found.performer) == ("r", "Dr. M")


@pytest.mark.parametrize("issued", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024", "yesterday"])
async def test_an_instant_at_the_end_of_time_is_one(issued: str) -> None:
    found = await answer_to(bundle(report(issued=issued)))

    assert isinstance(found, Report)
    assert Report.model_validate_json(found.model_dump_json()) == found


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


async def test_the_newest_version_wins() -> None:
    old, new = report(), report(status="corrected", issued="2024-05-18T10:00:00Z", presentedForm=[inline("neu")])

    found = await answer_to(bundle(new, old))

    assert isinstance(found, Report)
    assert (found.text, found.status, found.link) == ("neu", "corrected", "exact")


async def test_several_reports_under_one_number_are_classed_so() -> None:
    found = await answer_to(bundle(report(), report(id="r2", issued="2024-05-19T10:00:00Z")))

    assert isinstance(found, Report)
    assert (found.report_id, found.link) == ("r2", "several")


async def test_pages_are_followed_on_the_same_server_only() -> None:
    def answer(asked: Asked) -> Told:
        if "page" in asked.query:
            return bundle(report(id="r2", issued="2025-01-01T00:00:00Z"))
        return bundle(report(), link=[{"relation": "next", "url": "?page=2"}])

    found = await answer_to(answer)

    assert isinstance(found, Report)
    assert found.report_id == "r2"


async def test_a_number_spelt_otherwise_is_found_by_its_bare_form() -> None:
    def answer(asked: Asked) -> Told:
        return bundle(report()) if asked.query["identifier"] == ["A0042"] else bundle()

    found = await answer_to(answer)

    assert isinstance(found, Report)
    assert found.link == "accession"


@pytest.mark.parametrize("number", ["", "  ", "*", "A*", "?"])
async def test_an_empty_number_or_a_wildcard_is_never_asked(number: str) -> None:
    with http_server(lambda _: bundle(report())) as server:
        found = await ask(server, STUDY.model_copy(update={"accession_number": number}))

    assert isinstance(found, NoReport)
    assert server.asked == []


async def test_the_report_of_another_patient_is_not_attached() -> None:
    found = await answer_to(bundle(report(subject={"identifier": {"value": "P2"}})))

    assert isinstance(found, NoReport)
    assert "another patient" in found.reason
    assert "P2" not in found.reason


@pytest.mark.parametrize("status", ["registered", "cancelled", "entered-in-error"])
async def test_what_nobody_wrote_or_somebody_took_back_is_no_report(status: str) -> None:
    assert isinstance(await answer_to(bundle(report(status=status))), NoReport)


@pytest.mark.parametrize(
    "forms", [[], [inline("  \n ")], [{"contentType": "application/pdf", "data": "JVBERg=="}], [{"data": "%%%"}]]
)
async def test_an_empty_or_unreadable_report_is_missing_with_its_reason(forms: list[dict[str, Any]]) -> None:
    found = await answer_to(bundle(report(presentedForm=forms)))

    assert isinstance(found, NoReport)
    assert found.reason


async def test_a_huge_report_arrives_whole() -> None:
    text = "Rundherd. " * 500_000

    assert len(await text_of(report(presentedForm=[inline(text)]))) == len(text) - 1


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
