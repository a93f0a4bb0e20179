"""`radquarry find` with pacsnpull's queries, and the example files of both."""

import itertools
import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.finding import hospital_with, truth

DATA = Path(__file__).parents[1] / "standalone" / "data"
SEEDS_PORT = 11113
"""What the example files name."""


@contextmanager
def hospital_of_the_examples() -> Iterator[Hospital]:
    """On the port that the example files name where it is free, else on any."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", SEEDS_PORT))
            port = SEEDS_PORT
        except OSError:
            port = 0
    pacs = {"port": port, "ae_title": "HOSPITAL"}
    settings = {"studies": 1200, "end_date": date(2023, 12, 31), "days": 365, "samples": False, "pacs": pacs}
    with Hospital(HospitalSettings.model_validate(settings)) as hospital:
        yield hospital


def example(name: str, hospital: Hospital, folder: Path) -> Path:
    """The example as it is; a copy with another port only when somebody else has the one it names."""
    copy = folder / name
    shutil.copyfile(DATA / name, copy)
    if hospital.pacs.port != SEEDS_PORT:
        copy.write_text(copy.read_text().replace(str(SEEDS_PORT), str(hospital.pacs.port)))
    return copy


@pytest.mark.slow
def test_the_example_files_run_unchanged(tmp_path: Path) -> None:
    with hospital_of_the_examples() as hospital:
        files = [example(name, hospital, tmp_path) for name in ("pacsnpull-config.json", "pacsnpull-query.json")]
        table = radquarry("find", "-f", example("pacsanini.yaml", hospital, tmp_path), folder=tmp_path)
        answers = radquarry("find", "--pacsnpull", *files, folder=tmp_path)
        there = {study.study_instance_uid: study for study in hospital.truth.studies() if "CT" in study.modality}

    rows = rows_of(tmp_path / "collected" / "resources.csv")
    assert table.returncode == 0, table.stderr
    assert "an unquoted 20:00 is the number 1200 for a YAML reader; it is read as 20:00" in table.stderr
    assert {row["StudyInstanceUID"]: row["PatientID"] for row in rows} == {u: s.patient_id for u, s in there.items()}
    assert list(rows[0]) == ["StudyInstanceUID", "PatientID", "StudyDate"]
    first = json.loads((tmp_path / "pacsnpull-query-answers" / "0001.json").read_text())
    found = {row["StudyInstanceUID"] for row in first["query_response"]["data"]}
    assert answers.returncode == 0, answers.stderr
    assert found == {uid for uid, study in there.items() if "20230101" <= study.study_date <= "20230131"}
    statuses = rows_of(tmp_path / "pacsnpull-query-answers" / "status.csv")
    assert [(row["level"], row["status"]) for row in statuses] == [("STUDY", "complete"), ("PATIENT", "complete")]


def pacsnpull(folder: Path, port: int, queries: list[dict[str, Any]], **changes: Any) -> tuple[Path, Path]:
    config, asked = folder / "config.json", folder / "query.json"
    keys = {"host_ip": "127.0.0.1", "host_port": port, "client_name": "RADQUARRY", "client_port": 11112}
    config.write_text(json.dumps({**keys, "query_model": "S", "query_break_count": 10, **changes}))
    asked.write_text(json.dumps(queries))
    return config, asked


def answers_in(folder: Path, number: int) -> list[dict[str, Any]]:
    content = json.loads((folder / f"{number:04}.json").read_text("utf-8"))
    return list(content["query_response"]["data"])


def test_queries_of_every_level_have_their_answers(tmp_path: Path) -> None:
    """With a PACS that gives forty answers at most: what is asked for by days is whole nevertheless."""
    with hospital_with(studies=400, faults={"pacs": {"answer_limit": 40}}) as hospital:
        there = truth(hospital)
        uid, one = next(iter(there.items()))
        study = next(iter(hospital.holdings.with_uid(uid)))
        queries = [
            {"QueryRetrieveLevel": "STUDY", "StudyDate": "20230306-20230309", "PatientName": "*"},
            {"QueryRetrieveLevel": "STUDY", "StudyDate": "20230306-", "StudyInstanceUID": ""},
            {"QueryRetrieveLevel": "PATIENT", "PatientID": one["PatientID"], "PatientName": ""},
            {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": uid, "Modality": "", "SeriesInstanceUID": ""},
            {"QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": uid, "SeriesInstanceUID": "", "SOPInstanceUID": ""},
        ]
        files = pacsnpull(tmp_path, hospital.pacs.port, queries)
        done = radquarry("find", "--pacsnpull", *files, "-o", "answers", folder=tmp_path)

    folder = tmp_path / "answers"
    assert done.returncode == 0, done.stderr
    assert {row["StudyInstanceUID"] for row in answers_in(folder, 1)} == set(there)
    assert {row["StudyInstanceUID"] for row in answers_in(folder, 2)} == set(there)
    assert [row["PatientName"] for row in answers_in(folder, 3)] == [one["PatientName"]]
    assert len(answers_in(folder, 4)) == len(study.series())
    assert {row["SOPInstanceUID"] for row in answers_in(folder, 5)} == {i.sop_instance_uid for i in study.instances()}


def test_a_pause_is_made_after_every_few_queries(hospital: Hospital, tmp_path: Path) -> None:
    queries = [{"QueryRetrieveLevel": "STUDY", "AccessionNumber": f"A{number}"} for number in range(7)]
    files = pacsnpull(tmp_path, hospital.pacs.port, queries, query_break_count=2)

    begun = len(hospital.traffic.entries("c-find"))
    done = radquarry("find", "--pacsnpull", *files, "--pause", "0.6", folder=tmp_path)

    starts = sorted(entry.at for entry in hospital.traffic.entries("c-find"))[begun:]
    waits = [after - before for before, after in itertools.pairwise(starts)]
    assert done.returncode == 0, done.stderr
    assert [number for number, wait in enumerate(waits, 1) if wait >= 0.6] == [2, 4, 6]


def test_a_query_that_cannot_be_asked_fails_by_itself(hospital: Hospital, tmp_path: Path) -> None:
    queries = [
        {"QueryRetrieveLevel": "STUDY", "PatientName": "*"},
        {"QueryRetrieveLevel": "STUDY", "StudyDate": "20230306"},
    ]
    files = pacsnpull(tmp_path, hospital.pacs.port, queries)

    done = radquarry("find", "--pacsnpull", *files, "-o", "answers", folder=tmp_path)

    statuses = rows_of(tmp_path / "answers" / "status.csv")
    assert done.returncode == 1
    assert [row["status"] for row in statuses] == ["failed", "complete"]
    assert "asks for all the PACS holds" in statuses[0]["problem"]


def test_answered_queries_are_not_asked_again(hospital: Hospital, tmp_path: Path) -> None:
    queries = [{"QueryRetrieveLevel": "STUDY", "StudyDate": "20230306"}]
    files = pacsnpull(tmp_path, hospital.pacs.port, queries)
    radquarry("find", "--pacsnpull", *files, folder=tmp_path)
    asked = len(hospital.traffic.entries("c-find"))

    again = radquarry("find", "--pacsnpull", *files, folder=tmp_path)

    assert again.returncode == 0, again.stderr
    assert len(hospital.traffic.entries("c-find")) == asked
