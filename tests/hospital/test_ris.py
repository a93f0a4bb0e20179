"""The RIS as a FHIR client sees it, and its faults."""

import base64
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from radquarry.hospital import Hospital
from radquarry.hospital.truth import StudyTruth

from .conftest import OpenHospital, settings

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def ris(hospital: Hospital) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hospital.ris.url, timeout=10) as client:
        yield client


def reports(ris: httpx.Client, **parameters: Any) -> list[Resource]:
    """All entries of a search, following its links."""
    answer = ris.get("/DiagnosticReport", params=parameters)
    found: list[Resource] = []
    while True:
        bundle = answer.raise_for_status().json()
        found += [entry["resource"] for entry in bundle.get("entry", [])]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            return found
        answer = ris.get(following[0])


def words_of(report: Resource) -> list[str]:
    """The words of a report in whichever form it came."""
    for form in report.get("presentedForm", []):
        text = base64.b64decode(form["data"]).decode()
        return without_tags(text.partition("<body>")[2]) if "html" in form["contentType"] else text.split()
    return without_tags(report["text"]["div"]) if "text" in report else report["conclusion"].split()


def without_tags(html: str) -> list[str]:
    return unescape(re.sub("<[^>]*>", " ", html)).split()


def with_accession(hospital: Hospital) -> list[StudyTruth]:
    return [study for study in hospital.truth.studies() if study.accession_number]


def test_the_capability_statement_says_r4_and_what_can_be_searched(ris: httpx.Client) -> None:
    statement = ris.get("/metadata").json()
    (report, _) = statement["rest"][0]["resource"]

    assert statement["fhirVersion"] == "4.0.1"
    assert {"identifier", "based-on", "patient", "date", "issued"} <= {one["name"] for one in report["searchParam"]}


@pytest.mark.parametrize("name", ["identifier", "based-on:ServiceRequest.identifier", "based-on.identifier"])
@pytest.mark.parametrize("system", ["", "|", "urn:oid:2.16.756.5.30.1.999.1.1|"])
def test_a_report_is_found_by_its_accession_number(
    hospital: Hospital, ris: httpx.Client, name: str, system: str
) -> None:
    study = next(iter(hospital.truth.studies()))
    (report,) = reports(ris, **{name: f"{system}{study.ris_accession_number}"})

    assert report["id"] == study.report_id
    assert report["identifier"][0]["value"] == study.ris_accession_number
    assert report["subject"]["identifier"]["value"] == study.patient_id


def test_another_systems_number_or_another_spelling_finds_nothing(hospital: Hospital, ris: httpx.Client) -> None:
    number = next(iter(hospital.truth.studies())).ris_accession_number
    empty = ris.get("/DiagnosticReport", params={"identifier": f"urn:other|{number}"}).json()

    assert (empty["total"], "entry" in empty) == (0, False)
    assert reports(ris, identifier=f"0{number}") == []


def test_a_report_is_found_by_patient_and_date(hospital: Hospital, ris: httpx.Client) -> None:
    for study in list(hospital.truth.studies())[::40]:
        day = f"{study.study_date[:4]}-{study.study_date[4:6]}-{study.study_date[6:]}"
        found = reports(ris, **{"patient.identifier": study.patient_id, "date": [f"ge{day}", f"le{day}"]})
        assert study.report_id in {report["id"] for report in found}
        assert {report["effectiveDateTime"][:10] for report in found} == {day}


def test_paging_shows_every_report_once(hospital: Hospital, ris: httpx.Client) -> None:
    found = reports(ris, date=["ge2025-05-01", "le2025-05-31"], _count="7")
    expected = {study.report_id for study in hospital.truth.studies() if study.study_date >= "20250501"}

    assert Counter(report["id"] for report in found) == Counter(expected)


@pytest.mark.parametrize("query", ["accession=1", "date=yesterday", "_count=many", "date=zz2025-01-01"])
def test_a_parameter_that_makes_no_sense_is_refused(ris: httpx.Client, query: str) -> None:
    answer = ris.get(f"/DiagnosticReport?{query}")

    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_every_form_of_a_report_says_the_words_of_the_truth(hospital: Hospital, ris: httpx.Client) -> None:
    written = {study.report_id: hospital.truth.report(study.study_instance_uid) for study in hospital.truth.studies()}
    forms: Counter[tuple[bool, bool, bool]] = Counter()
    for report in reports(ris, date="ge2025-01-01"):
        truth = written[report["id"]]
        assert truth is not None
        assert words_of(report) == truth.text.split()
        assert report["language"] == truth.language
        forms["presentedForm" in report, "conclusion" in report, "text" in report] += 1

    assert set(forms) == {(True, False, False), (False, True, True), (False, True, False)}


def test_statuses_and_issue_times_are_believable(ris: httpx.Client) -> None:
    found = reports(ris, date="ge2025-01-01")
    statuses = Counter(report["status"] for report in found)

    assert set(statuses) == {"final", "corrected", "amended", "preliminary"}
    assert statuses["final"] > 0.7 * len(found)
    assert all(report["issued"] > report["effectiveDateTime"] for report in found)


def test_a_report_and_its_patient_can_be_read(hospital: Hospital, ris: httpx.Client) -> None:
    study = next(iter(hospital.truth.studies()))
    report = ris.get(f"/DiagnosticReport/{study.report_id}").json()
    patient = ris.get(f"/{report['subject']['reference']}").json()

    assert patient["identifier"][0]["value"] == study.patient_id
    assert ris.get("/DiagnosticReport/r999999").status_code == 404
    assert ris.get("/DiagnosticReport/..%2f..").status_code == 404
    assert ris.get("/Patient/p999999999").status_code == 404


def test_a_mammography_and_its_ultrasound_have_one_report(hospital: Hospital, ris: httpx.Client) -> None:
    study = next(study for study in hospital.truth.studies() if study.modality == "MG" and study.accession_number)
    pair = [other for other in hospital.truth.studies() if other.report_id == study.report_id]

    assert len(reports(ris, identifier=study.ris_accession_number)) == 1
    assert [other.modality for other in pair] in (["MG", "US"], ["MG"])


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


async def test_a_hospital_opens_and_closes_in_an_event_loop() -> None:
    async with Hospital(settings()) as hospital, httpx.AsyncClient(base_url=hospital.ris.url) as client:
        assert (await client.get("/metadata")).status_code == 200
    async with httpx.AsyncClient(base_url=hospital.ris.url) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/metadata")
