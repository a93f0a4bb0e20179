"""Each fault of the RIS, as a FHIR client meets it, and the desk at which faults are switched."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from radquarry.hospital import Hospital
from radquarry.hospital.truth import StudyTruth

from .conftest import OpenHospital
from .fhir_client import reports, words_of


def with_accession(hospital: Hospital) -> list[StudyTruth]:
    return [study for study in hospital.truth.studies() if study.accession_number]


def asking(hospital: Hospital, times: int, timeout: float = 5) -> list[httpx.Response | httpx.TransportError]:
    answers: list[httpx.Response | httpx.TransportError] = []
    with httpx.Client(base_url=hospital.ris.url, timeout=timeout) as client:
        for _ in range(times):
            try:
                answers.append(client.get("/DiagnosticReport/r1"))
            except httpx.TransportError as error:
                answers.append(error)
    return answers


def test_every_ninth_request_fails(open_hospital: OpenHospital) -> None:
    hospital = open_hospital(ris_faults={"fail_every": 9})
    statuses = [answer.status_code for answer in asking(hospital, 27) if isinstance(answer, httpx.Response)]

    assert statuses == ([200] * 8 + [500]) * 3
    assert [entry.outcome for entry in hospital.traffic.entries("http")].count("500") == 3


def test_a_request_fails_in_each_of_the_ways_a_ris_fails(open_hospital: OpenHospital) -> None:
    ways = ["html", "error_bundle", "garbage", "reset", "timeout"]
    hospital = open_hospital(ris_faults={"fail_every": 1, "fail_with": ways})
    page, outcome, garbage, reset, late = asking(hospital, 5, timeout=0.5)

    assert isinstance(page, httpx.Response)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert isinstance(outcome, httpx.Response)
    assert (outcome.status_code, outcome.json()["resourceType"]) == (200, "OperationOutcome")
    assert isinstance(garbage, httpx.Response)
    with pytest.raises(ValueError, match=r"Unterminated"):
        garbage.json()
    assert isinstance(reset, httpx.ReadError)
    assert isinstance(late, httpx.ReadTimeout)


def test_slow_answers_take_their_time(open_hospital: OpenHospital) -> None:
    hospital = open_hospital(ris_faults={"delay_ms": 60})
    asking(hospital, 1)
    (entry,) = hospital.traffic.entries("http")

    assert entry.ended is not None
    assert entry.ended - entry.at >= 0.06


def test_missing_reports_never_come(open_hospital: OpenHospital) -> None:
    hospital = open_hospital(ris_faults={"missing_share": 1})
    study = with_accession(hospital)[0]
    with httpx.Client(base_url=hospital.ris.url) as ris:
        assert reports(ris, identifier=study.ris_accession_number) == []
        assert ris.get(f"/DiagnosticReport/{study.report_id}").status_code == 404
        assert reports(ris, identifier=study.ris_accession_number) == []


def test_late_reports_come_after_enough_asking(open_hospital: OpenHospital) -> None:
    hospital = open_hospital(ris_faults={"late_share": 1, "late_asks": 2})
    number = with_accession(hospital)[0].ris_accession_number
    with httpx.Client(base_url=hospital.ris.url) as ris:
        assert [len(reports(ris, identifier=number)) for _ in range(4)] == [0, 0, 1, 1]


def test_late_reports_come_after_enough_time(open_hospital: OpenHospital) -> None:
    hospital = open_hospital(ris_faults={"late_share": 1, "late_seconds": 3600})
    number = with_accession(hospital)[0].ris_accession_number
    with httpx.Client(base_url=hospital.ris.url) as ris:
        assert reports(ris, identifier=number) == []
        hospital.faults.switch({"ris": {"late_seconds": 0}})
        assert len(reports(ris, identifier=number)) == 1


def test_corrected_reports_say_so_and_have_an_addendum(open_hospital: OpenHospital) -> None:
    hospital = open_hospital(ris_faults={"corrected_share": 1, "corrected_asks": 1})
    with httpx.Client(base_url=hospital.ris.url) as ris:
        final = next(report for report in reports(ris, date="ge2025-05-01") if report["status"] == "final")
        corrected = ris.get(f"/DiagnosticReport/{final['id']}").json()

    assert (corrected["status"], corrected["meta"]["versionId"]) == ("corrected", "2")
    assert {"Addendum:", "Nachtrag:"} & set(words_of(corrected))
    assert not {"Addendum:", "Nachtrag:"} & set(words_of(final))


def test_huge_and_empty_reports(open_hospital: OpenHospital) -> None:
    hospital = open_hospital(ris_faults={"huge_share": 1})
    with httpx.Client(base_url=hospital.ris.url, timeout=20) as ris:
        assert len(ris.get("/DiagnosticReport/r1").content) > 5_000_000
        hospital.faults.switch({"ris": {"huge_share": 0, "empty_share": 1}})
        empty = ris.get("/DiagnosticReport/r1").json()

    assert [form["data"] for form in empty["presentedForm"]] == [""]
    assert "conclusion" not in empty


@pytest.fixture
def desk(open_hospital: OpenHospital) -> Iterator[tuple[Hospital, httpx.Client]]:
    hospital = open_hospital()
    with httpx.Client(base_url=hospital.ris.url.removesuffix("/fhir")) as client:
        yield hospital, client


def test_faults_are_switched_at_the_control_desk(desk: tuple[Hospital, httpx.Client]) -> None:
    hospital, client = desk
    switched = client.post("/control/faults", json={"pacs": {"answer_limit": 40}, "ris": {"fail_every": 9}}).json()

    assert (switched["pacs"]["answer_limit"], switched["ris"]["fail_every"]) == (40, 9)
    assert (hospital.faults.pacs.answer_limit, hospital.faults.ris.fail_every) == (40, 9)
    assert client.get("/control/faults").json() == switched
    assert client.delete("/control/faults").json()["pacs"]["answer_limit"] == 0


@pytest.mark.parametrize(
    "change", [{"pacs": {"anser_limit": 4}}, {"pax": {}}, {"pacs": 3}, {"ris": {"fail_every": -1}}]
)
def test_an_unknown_fault_is_refused_and_changes_nothing(desk: tuple[Hospital, httpx.Client], change: Any) -> None:
    hospital, client = desk
    before = hospital.faults.now
    answer = client.post("/control/faults", json=change)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"]
    assert hospital.faults.now == before


def test_traffic_and_truth_can_be_read_at_the_control_desk(desk: tuple[Hospital, httpx.Client]) -> None:
    hospital, client = desk
    asking(hospital, 2)
    study = next(iter(hospital.truth.studies()))

    assert len(client.get("/control/traffic", params={"kind": "http"}).json()) == 2
    assert client.get(f"/control/truth/{study.study_instance_uid}").json()["findings"] == study.findings
    assert client.get("/control/truth/1.2.3").status_code == 404
    assert client.get("/health").json() == {"status": "ok"}
