"""The text of a report from a FHIR server, in whatever form it is presented."""

import base64
from typing import Any

import pytest

from radquarry.messages import Report
from radquarry.ris_fetcher.ris import NoReport, RisAway
from tests.doubles.http_server import Asked, Told
from tests.ris_fetcher.asking_fhir import answer_to, as_json, bundle, inline, report, text_of


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
