"""`radquarry find` as a user types it, against a hospital: what is written equals what is there, or it says so."""

import csv
import itertools
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from radquarry.dicom.load import StateLoad
from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from radquarry.messages import LoadLimits
from radquarry.state.store import open_state
from tests.journeys.running import Process, eventually, free_port

DATA = Path(__file__).parents[1] / "standalone" / "data"
FIRST, LAST = date(2023, 3, 6), date(2023, 3, 9)
SEEDS_PORT = 11113
"""What the example files name."""


def radquarry(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "radquarry.standalone", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)


@contextmanager
def hospital_with(**settings: Any) -> Iterator[Hospital]:
    """Four days with some thirty studies each, unless told otherwise; none without a time or an accession number."""
    usual = {"studies": 120, "end_date": LAST, "days": 4, "samples": False, "seed": 5}
    with Hospital(HospitalSettings.model_validate({**usual, **settings})) as hospital:
        yield hospital


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with hospital_with() as hospital:
        yield hospital


@pytest.fixture(autouse=True)
def _as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "hospital" in request.fixturenames:
        request.getfixturevalue("hospital").faults.reset()


def pacsanini(folder: Path, port: int, **find: Any) -> Path:
    """pacsanini's configuration for a PACS on this port."""
    keys = {
        "net": {
            "local_node": {"aetitle": "RADQUARRY"},
            "called_node": {"aetitle": "HOSPITAL", "ip": "127.0.0.1", "port": port},
        },
        "find": {
            "query_level": "STUDY",
            "search_fields": ["StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "ModalitiesInStudy"],
            "start_date": "20230306",
            "end_date": "20230309",
            **find,
        },
        "storage": {"resources": "resources.csv", "directory": "dicom"},
    }
    file = folder / "pacsanini.yaml"
    file.write_text(yaml.safe_dump(keys, sort_keys=False))
    return file


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def truth(hospital: Hospital, modality: str = "") -> dict[str, dict[str, Any]]:
    """StudyInstanceUID → what the archive has of it."""
    return {
        study.study_instance_uid: dict(study.record)
        for study in hospital.holdings.between(FIRST, LAST)
        if not modality or modality in study.record["ModalitiesInStudy"]
    }


def test_a_table_of_every_study_of_the_days_is_written(hospital: Hospital, tmp_path: Path) -> None:
    done = radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port), folder=tmp_path)

    there = truth(hospital)
    rows = rows_of(tmp_path / "resources.csv")
    assert done.returncode == 0, done.stderr
    assert {row["StudyInstanceUID"]: row["PatientName"] for row in rows} == {
        uid: record["PatientName"] for uid, record in there.items()
    }
    assert [row["StudyDate"] for row in rows] == sorted(row["StudyDate"] for row in rows)
    assert list(rows[0]) == ["StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "ModalitiesInStudy"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("resources")] == ["resources.csv"]


def test_an_answer_limit_is_found_out_and_hides_no_study(tmp_path: Path) -> None:
    faults = {"pacs": {"answer_limit": 40}}
    with hospital_with(studies=400, studies_per_second=3, faults=faults) as hospital:
        done = radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port), folder=tmp_path)

        assert done.returncode == 0, done.stderr
        assert {row["StudyInstanceUID"] for row in rows_of(tmp_path / "resources.csv")} == set(truth(hospital))


@pytest.mark.parametrize("faults", [{}, {"charset": "omitted"}])
def test_umlauts_arrive(hospital: Hospital, tmp_path: Path, faults: dict[str, str]) -> None:
    hospital.faults.switch({"pacs": faults})

    radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port), folder=tmp_path)

    names = {row["PatientName"] for row in rows_of(tmp_path / "resources.csv")}
    assert names == {record["PatientName"] for record in truth(hospital).values()}
    assert any("ü" in name for name in names)


def test_associations_that_are_aborted_cost_no_study(hospital: Hospital, tmp_path: Path) -> None:
    hospital.faults.switch({"pacs": {"abort_association_every": 2}})

    done = radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port, modality="CR"), folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert {row["StudyInstanceUID"] for row in rows_of(tmp_path / "resources.csv")} == set(truth(hospital, "CR"))


def test_a_pacs_that_does_not_know_modalities_is_asked_for_series(hospital: Hospital, tmp_path: Path) -> None:
    hospital.faults.switch({"pacs": {"modalities_in_study": False}})

    done = radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port, modality="CT"), folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert {row["StudyInstanceUID"] for row in rows_of(tmp_path / "resources.csv")} == set(truth(hospital, "CT"))


def test_by_patient_there_is_a_row_for_each(hospital: Hospital, tmp_path: Path) -> None:
    fields = ["PatientID", "PatientName", "NumberOfPatientRelatedStudies"]
    file = pacsanini(tmp_path, hospital.pacs.port, query_level="patient", search_fields=fields)

    done = radquarry("find", "-f", file, folder=tmp_path)

    rows = rows_of(tmp_path / "resources.csv")
    counts = {row["PatientID"]: row["NumberOfPatientRelatedStudies"] for row in rows}
    assert done.returncode == 0, done.stderr
    assert "PATIENT is written in capitals" in done.stderr
    assert len(rows) == len(counts)
    assert counts == {
        patient: str(sum(1 for _ in hospital.holdings.of_patient_id(patient)))
        for patient in {record["PatientID"] for record in truth(hospital).values()}
    }


def test_a_column_that_a_listing_does_not_carry_is_asked_for(hospital: Hospital, tmp_path: Path) -> None:
    file = pacsanini(tmp_path, hospital.pacs.port, search_fields=["StudyInstanceUID", "StudyID", "Modality"])

    done = radquarry("find", "-f", file, folder=tmp_path)

    rows = {row["StudyInstanceUID"]: row["StudyID"] for row in rows_of(tmp_path / "resources.csv")}
    assert done.returncode == 0, done.stderr
    assert rows == {uid: record.get("StudyID", "") for uid, record in truth(hospital).items()}


def test_a_pacs_that_is_off_is_named_and_no_table_is_written(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "resources.csv").write_text("of yesterday\n")

    done = radquarry("find", "-f", pacsanini(tmp_path, port), folder=tmp_path)

    assert done.returncode == 1
    assert f"HOSPITAL does not answer at 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "resources.csv").read_text() == "of yesterday\n"


def test_a_gap_is_told_by_its_day_and_the_exit_code(hospital: Hospital, tmp_path: Path) -> None:
    hospital.faults.switch({"pacs": {"malformed_every": 20, "malformed_kinds": ["empty_uid"]}})

    done = radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port), folder=tmp_path)
    hospital.faults.reset()
    missing = rows_of(tmp_path / "resources.csv.missing.csv")
    again = radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port), folder=tmp_path)

    assert done.returncode == 1
    assert "INCOMPLETE" in done.stderr
    assert {"2023-03-06", "2023-03-07"} <= {row["first_day"] for row in missing}
    assert all("could not be read" in row["reason"] for row in missing)
    assert again.returncode == 0, again.stderr
    assert not (tmp_path / "resources.csv.missing.csv").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_interrupted_find_ends_at_once_and_goes_on_later(
    hospital: Hospital, tmp_path: Path, number: int, code: int
) -> None:
    hospital.faults.switch({"pacs": {"answer_delay_ms": 40}})
    file = pacsanini(tmp_path, hospital.pacs.port, start_date="20230307")
    asked = len(hospital.traffic.entries("c-find"))
    command = [sys.executable, "-m", "radquarry.standalone", "find", "-f", str(file), "-o", str(tmp_path / "r.csv")]
    with Process(command, tmp_path / "log") as process:
        eventually(lambda: len(hospital.traffic.entries("c-find")) > asked or None, 60, "it asks")
        begun = time.monotonic()
        process._process.send_signal(number)
        assert process._process.wait(20) == code
        took = time.monotonic() - begun
    hospital.faults.reset()
    was_written = (tmp_path / "r.csv").exists()
    done = radquarry("find", "-f", file, "-o", tmp_path / "r.csv", folder=tmp_path)

    assert took < 4  # two seconds, on a machine that is busy with other tests
    assert not was_written
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert done.returncode == 0, done.stderr
    assert len(rows_of(tmp_path / "r.csv")) == len([s for s in truth(hospital).values() if s["StudyDate"] > "20230306"])


def test_nothing_of_a_patient_is_on_the_screen(hospital: Hospital, tmp_path: Path) -> None:
    hospital.faults.switch({"pacs": {"malformed_every": 20}})

    done = radquarry("find", "-f", pacsanini(tmp_path, hospital.pacs.port), folder=tmp_path)

    said = done.stdout + done.stderr
    for record in truth(hospital).values():
        assert record["PatientName"] not in said
        assert record["PatientID"] not in said


def test_a_database_is_refused_without_its_password(tmp_path: Path) -> None:
    file = pacsanini(tmp_path, 104)
    keys = yaml.safe_load(file.read_text())
    keys["storage"]["resources"] = "postgresql://me:secret@localhost/x"
    file.write_text(yaml.safe_dump(keys))

    done = radquarry("find", "-f", file, folder=tmp_path)

    assert done.returncode == 2
    assert "postgresql://…localhost/x is a database" in done.stderr
    assert "secret" not in done.stderr


def ours(folder: Path, port: int) -> Path:
    file = folder / "radquarry.yaml"
    pacs = {"main": {"ae_title": "HOSPITAL", "host": "127.0.0.1", "port": port}}
    file.write_text(yaml.safe_dump({"data_dir": "data", "node": {"ae_title": "RADQUARRY"}, "pacs": pacs}))
    return file


def test_our_own_configuration_is_found_with_by_days(hospital: Hospital, tmp_path: Path) -> None:
    ours(tmp_path, hospital.pacs.port)
    columns = ("--field", "StudyInstanceUID", "--field", "Modality")
    days = ("--from", "2023-03-06", "--to", "2023-03-09")

    done = radquarry("find", *days, "--modality", "CT", "--modality", "mr", *columns, "-o", "out.csv", folder=tmp_path)

    rows = {row["StudyInstanceUID"]: row["Modality"] for row in rows_of(tmp_path / "out.csv")}
    assert done.returncode == 0, done.stderr
    assert set(rows) == set(truth(hospital, "CT")) | set(truth(hospital, "MR"))
    assert set(rows.values()) == {"CT", "MR"}


async def test_the_stop_button_holds_for_one_shot_commands_too(hospital: Hospital, tmp_path: Path) -> None:
    ours(tmp_path, hospital.pacs.port)
    (tmp_path / "data").mkdir()
    async with open_state(f"sqlite:///{tmp_path}/data/state.db") as state:
        await (await StateLoad.open(state, {"main": LoadLimits()})).stop("main", "the administrator")
    asked = len(hospital.traffic.entries())

    done = radquarry("find", "--from", "2023-03-06", "-o", "out.csv", folder=tmp_path)

    assert done.returncode == 1
    assert "traffic to main is stopped" in done.stderr
    assert len(hospital.traffic.entries()) == asked


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say what to find, in one way"),
        (("-f", "radquarry.yaml"), "is of radquarry, not of pacsanini; use it with -c"),
        (("-f", "gone.yaml"), "gone.yaml: cannot be read: No such file or directory"),
        (("--from", "2023-02-30", "-o", "x.csv"), "--from is no day of the calendar"),
        (("--from", "2023-02-03", "--to", "2023-02-01", "-o", "x.csv"), "--to 2023-02-01 lies before --from"),
        (("--from", "2023-02-03"), "name the CSV to write"),
        (("--from", "2023-02-03", "-o", "x.csv", "--pacs", "mian"), "no PACS is named mian; known: main"),
        (("--from", "2023-02-03", "-o", "x.csv", "--field", "PatientNam"), "did you mean 'PatientName'?"),
        (("--from", "2023-02-03", "-o", "x.csv", "--field", "PixelData"), "PixelData cannot be a key of a query"),
    ],
)
def test_what_is_typed_wrongly_is_refused_before_a_pacs_is_asked(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ours(tmp_path, 1)

    done = radquarry("find", *arguments, folder=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
