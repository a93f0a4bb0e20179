"""`radquarry find` with pacsanini's configuration and our own: what is written equals what is there, or it says so."""

import signal
import sys
import time
from pathlib import Path

import pytest
import yaml

from radquarry.dicom.load import StateLoad
from radquarry.hospital.hospital import Hospital
from radquarry.messages import LoadLimits
from radquarry.state.store import open_state
from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.finding import hospital_with, ours, pacsanini, truth
from tests.journeys.running import Process, eventually, free_port


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
