"""The RIS as a FHIR client sees it."""

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from radquarry.hospital import Hospital

from .conftest import settings
from .fhir_client import reports, words_of


@pytest.fixture(scope="module")
def ris(hospital: Hospital) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hospital.ris.url, timeout=10) as client:
        yield client


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


async def test_a_hospital_opens_and_closes_in_an_event_loop() -> None:
    async with Hospital(settings()) as hospital, httpx.AsyncClient(base_url=hospital.ris.url) as client:
        assert (await client.get("/metadata")).status_code == 200
    async with httpx.AsyncClient(base_url=hospital.ris.url) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/metadata")
