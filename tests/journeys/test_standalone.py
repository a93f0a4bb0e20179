"""`radquarry serve` against a hospital as hospitals are."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from radquarry.hospital.faults import FaultSettings, PacsFaults, RisFaults
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from radquarry.hospital.truth import StudyTruth, Truth
from tests.journeys.running import Radquarry, configuration, eventually, free_port, running_hospital, truth_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LAST_DAY = "2024-06-28"


def faulty_hospital(node_port: int, **changes: Any) -> HospitalSettings:
    """A PACS that gives 40 answers and says Success, and a RIS that fails every ninth request."""
    settings: dict[str, Any] = {
        "studies": 600,
        "days": 12,
        "end_date": LAST_DAY,
        "pixels": 32,
        "pacs": PacsSettings(destinations={"RADQUARRY": f"127.0.0.1:{node_port}"}),
        "faults": FaultSettings(
            pacs=PacsFaults(answer_limit=40), ris=RisFaults(fail_every=9, fail_with=("500", "html", "garbage", "reset"))
        ),
        **changes,
    }
    return HospitalSettings.model_validate(settings)


def order(truth: Truth) -> dict[str, str]:
    return {"pacs": "main", "start_date": truth.start_date.isoformat(), "end_date": truth.end_date.isoformat()}


def expected_studies(truth: Truth) -> dict[str, StudyTruth]:
    held = list(truth.studies(truth.start_date, truth.end_date))
    return {study.study_instance_uid: study for study in held}


def assert_every_study_is_found_once(radquarry: Radquarry, truth: Truth) -> None:
    hits = [hit["study_instance_uid"] for hit in radquarry.rest.all_studies(sort="newest")]

    assert len(hits) == len(set(hits))
    assert set(hits) == set(expected_studies(truth))


def assert_every_report_is_under_its_study(radquarry: Radquarry, truth: Truth) -> None:
    wrong = []
    for uid in expected_studies(truth):
        report = truth.report(uid)
        shown = radquarry.rest.get(f"/studies/{uid}")
        text = (shown.get("report") or {}).get("text", "")
        if report is not None and expected_studies_accession(truth, uid) and words(text) != words(report.text):
            wrong.append(uid)
    assert wrong == []


def expected_studies_accession(truth: Truth, uid: str) -> str:
    return truth.study(uid).accession_number


def words(text: str) -> list[str]:
    """What the text says, whatever its lines: HTML comes with others."""
    return text.split()


def test_a_limited_pacs_and_a_failing_ris_end_complete_with_every_study_and_report(tmp_path: Path) -> None:
    node_port = free_port()
    settings = faulty_hospital(node_port)
    truth = truth_of(settings)
    with running_hospital(settings, tmp_path) as hospital:
        keys = configuration(tmp_path, hospital)
        keys["node"]["port"] = node_port
        with Radquarry(tmp_path, keys) as radquarry:
            crawl = radquarry.rest.post("/crawls", order(truth))
            view = radquarry.rest.settled(f"/crawls/{crawl['id']}", 300)

            assert (view["state"], view["problems"]) == ("complete", [])
            assert view["studies_found"] == len(expected_studies(truth))
            assert view["documents_indexed"] == view["studies_found"]
            assert view["reports_fetched"] + view["reports_missing"] == view["studies_found"]
            assert_every_study_is_found_once(radquarry, truth)
            assert_every_report_is_under_its_study(radquarry, truth)
            assert_no_patient_is_in(radquarry.log, truth)


def assert_no_patient_is_in(log: Path, truth: Truth) -> None:
    """No patient id, accession number or word of a report's own in what was said."""
    said = log.read_text("utf-8", "replace")
    studies = list(expected_studies(truth).values())
    secrets = {study.patient_id for study in studies} | {study.accession_number for study in studies}

    assert said
    assert sorted(secret for secret in secrets if len(secret) > 4 and secret in said) == []


def test_four_kills_of_a_crawl_and_three_of_a_retrieval_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    node_port = free_port()
    settings = faulty_hospital(node_port, faults=FaultSettings(pacs=PacsFaults(answer_delay_ms=2, store_delay_ms=10)))
    truth = truth_of(settings)
    with running_hospital(settings, tmp_path) as hospital:
        keys = configuration(tmp_path, hospital)
        keys["node"]["port"] = node_port
        with Radquarry(tmp_path, keys) as radquarry:
            crawl = radquarry.rest.post("/crawls", order(truth))
            for kill in range(1, 5):
                reach(radquarry, f"/crawls/{crawl['id']}", "studies_found", len(expected_studies(truth)) * kill // 6)
                radquarry.kill_and_start()
            view = radquarry.rest.settled(f"/crawls/{crawl['id']}", 300)

            assert (view["state"], view["problems"]) == ("complete", [])
            assert view["studies_found"] == len(expected_studies(truth))
            assert_every_study_is_found_once(radquarry, truth)
            assert_every_report_is_under_its_study(radquarry, truth)

            wanted = sorted(expected_studies(truth))[:25]
            retrieval = radquarry.rest.post("/retrievals", {"studies": wanted})
            instances = sum(len(truth.sop_instance_uids(uid)) for uid in wanted)
            for kill in range(1, 4):
                reach_received(radquarry, retrieval["id"], instances * kill // 5)
                radquarry.kill_and_start()
            done = radquarry.rest.settled(f"/retrievals/{retrieval['id']}", 300)

            assert done["state"] == "complete"
            assert done["instances"] == {"expected": instances, "received": instances, "missing": 0}
            assert_archive_holds_exactly(radquarry, truth, wanted, retrieval["id"])


def reach(radquarry: Radquarry, path: str, count: str, least: int) -> None:
    """Wait until the work has come so far, so that a kill hits it in the middle."""
    eventually(lambda: radquarry.rest.get(path)[count] >= least or None, 120, f"{count} reaches {least}")


def reach_received(radquarry: Radquarry, retrieval_id: str, least: int) -> None:
    path = f"/retrievals/{retrieval_id}"
    eventually(lambda: radquarry.rest.get(path)["instances"]["received"] >= least or None, 120, f"{least} instances")


def assert_archive_holds_exactly(radquarry: Radquarry, truth: Truth, wanted: list[str], retrieval_id: str) -> None:
    expected = {(uid, sop) for uid in wanted for sop in truth.sop_instance_uids(uid)}
    files = {(path.parts[-3], path.stem): path for path in radquarry.archive.rglob("*.dcm")}
    assert set(files) == expected

    answer = radquarry.rest.client.get(f"/retrievals/{retrieval_id}/manifest", params={"format": "jsonl"})
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert {(row["study_instance_uid"], row["sop_instance_uid"]) for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        content = files[row["study_instance_uid"], row["sop_instance_uid"]].read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert len(content) == row["bytes"]
