"""A FHIR server as hospitals have them: what is a report, and what is not there."""

from datetime import UTC, datetime

import pytest

from radquarry.messages import Report
from radquarry.ris_fetcher.ris import NoReport
from tests.doubles.http_server import Asked, Told, http_server
from tests.ris_fetcher.asking_fhir import STUDY, answer_to, ask, bundle, inline, report


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


async def test_version_10_comes_after_version_9() -> None:
    found = await answer_to(bundle(report(meta={"versionId": "10"}), report(meta={"versionId": "9"})))

    assert isinstance(found, Report)
    assert found.version == "10"


async def test_half_a_character_costs_no_report() -> None:
    found = await answer_to(Told(body=bundle(report(id="r\ud83d", performer=[{"display": "Dr. \udc00M"}])).body))

    assert isinstance(found, Report)
    assert (found.report_id, found.performer) == ("r", "Dr. M")


@pytest.mark.parametrize("issued", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024", "yesterday"])
async def test_an_instant_at_the_end_of_time_is_one(issued: str) -> None:
    found = await answer_to(bundle(report(issued=issued)))

    assert isinstance(found, Report)
    assert Report.model_validate_json(found.model_dump_json()) == found


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
