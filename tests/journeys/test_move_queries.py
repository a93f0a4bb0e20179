"""`radquarry move` with pacs n pull's files."""

from pathlib import Path

import pytest

from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.moved import Ward, pacsnpull, stems


def test_what_the_queries_of_pacs_n_pull_answer_is_fetched(ward: Ward, tmp_path: Path) -> None:
    study, other = ward.rich(2)
    patient = ward.patient_id(other)
    theirs = [uid for uid in ward.studies(100) if ward.patient_id(uid) == patient]
    queries = [
        {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study, "PatientName": "*"},
        {"QueryRetrieveLevel": "PATIENT", "PatientID": patient, "PatientName": ""},
        {"QueryRetrieveLevel": "STUDY", "PatientName": "*"},
    ]

    done = radquarry("move", "--pacsnpull", *pacsnpull(tmp_path, ward, queries), folder=tmp_path)

    statuses = rows_of(tmp_path / "query-images.status.csv")
    assert done.returncode == 1
    assert "query 3: " in done.stderr
    assert stems(tmp_path / "query-images") == ward.images(study, *theirs)
    assert [row["status"] for row in statuses] == ["complete", "complete", "incomplete"]
    assert [int(row["received"]) for row in statuses] == [len(ward.images(study)), len(ward.images(*theirs)), 0]
    assert patient not in done.stderr


def test_a_pause_is_made_after_every_few_queries(ward: Ward, tmp_path: Path) -> None:
    queries = [{"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": uid} for uid in ward.studies(4)]
    files = pacsnpull(tmp_path, ward, queries, query_break_count=2)

    done = radquarry("move", "--pacsnpull", *files, "--pause", "3", "-o", "out", folder=tmp_path)

    starts = [entry.at for entry in ward.hospital.traffic.entries("c-find")][:4]
    assert done.returncode == 0, done.stderr
    assert starts[2] - starts[1] >= 3
    assert stems(tmp_path / "out") == ward.images(*ward.studies(4))


@pytest.mark.parametrize(
    ("query", "changes", "words"),
    [
        ({"QueryRetrieveLevel": "FRAME", "StudyInstanceUID": "1.2"}, {}, "one of STUDY, PATIENT, SERIES, IMAGE"),
        ({"QueryRetrieveLevel": "STUDY"}, {"client_port": 0}, "a move needs client_port"),
    ],
)
def test_what_cannot_be_moved_so_is_refused(
    ward: Ward, tmp_path: Path, query: dict[str, str], changes: dict[str, int], words: str
) -> None:
    files = pacsnpull(tmp_path, ward, [query], **changes)

    done = radquarry("move", "--pacsnpull", *files, folder=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
