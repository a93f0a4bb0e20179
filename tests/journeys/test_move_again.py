"""`radquarry move` that is interrupted, waits for its window, or is run once more."""

import signal
import sqlite3
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.moved import SOON, Ward, by_uid, elsewhere, files_in, here, pacsanini
from tests.journeys.running import Process, eventually


def test_what_is_there_is_not_fetched_again(ward: Ward, tmp_path: Path) -> None:
    """Also when only one file of a study has gone, and when the list has grown."""
    first, second = ward.rich(2)
    file = pacsanini(tmp_path, ward)
    by_uid(tmp_path, [first])
    radquarry("move", "-f", file, folder=tmp_path)
    gone = next(path for path in files_in(tmp_path / "dicom") if path.stem in ward.images(first))
    gone.unlink()
    ward.hospital.traffic.clear()
    by_uid(tmp_path, [first, second])

    done = radquarry("move", "-f", file, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert sorted(ward.sent()) == sorted({gone.stem, *ward.images(second)})
    assert here(tmp_path) == ward.images(first, second)


def test_what_never_comes_is_told_and_fetched_later(ward: Ward, tmp_path: Path) -> None:
    studies, lost = ward.rich(2), 1
    by_uid(tmp_path, studies)
    ward.hospital.faults.switch({"pacs": {"lost_instances": lost, "lost_asks": 1000}})
    file = pacsanini(tmp_path, ward)

    done = radquarry("move", "-f", file, "--wait", SOON, folder=tmp_path)
    missing, came = rows_of(tmp_path / "dicom.missing.csv"), here(tmp_path)
    ward.hospital.faults.reset()
    ward.hospital.traffic.clear()
    again = radquarry("move", "-f", file, folder=tmp_path)

    assert done.returncode == 1
    assert "INCOMPLETE" in done.stderr
    assert "1 of" in done.stderr
    assert len(came) == len(ward.images(*studies)) - 2 * lost
    assert {row["study_instance_uid"]: int(row["expected"]) - int(row["received"]) for row in missing} == dict.fromkeys(
        studies, lost
    )
    assert again.returncode == 0, again.stderr
    assert set(ward.sent()) == ward.images(*studies) - came
    assert here(tmp_path) == ward.images(*studies)
    assert not (tmp_path / "dicom.missing.csv").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_move_goes_on_where_it_was(ward: Ward, tmp_path: Path, number: int) -> None:
    studies = ward.rich(6)
    by_uid(tmp_path, studies)
    ward.hospital.faults.switch({"pacs": {"store_delay_ms": 150}})
    file, log, in_place = elsewhere(tmp_path, ward), tmp_path / "log", tmp_path / "dicom"
    command = [sys.executable, "-m", "radquarry.standalone", "move", "-f", str(file)]
    with Process(command, log) as process:
        eventually(lambda: list(in_place.glob("[0-9]*/*"))[2:] or None, 90, "three studies are in place")
        before = ward.sent()
        process._process.send_signal(number)
        code = process._process.wait(20)
    whole = {path.name for path in in_place.glob("[0-9]*/*")}
    ward.hospital.faults.reset()
    asked_before = ward.asked("c-find")
    done = radquarry("move", "-f", file, folder=tmp_path)

    later = ward.hospital.traffic.entries("c-find")[asked_before:]
    asked_again = {value for entry in later for value in entry.detail.get("keys", {}).get("StudyInstanceUID", [])}
    repeats = [image for image in ward.sent()[len(before) :] if image in before]
    assert code in (143, -signal.SIGKILL)
    assert "Traceback" not in log.read_text()
    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == ward.images(*studies)
    assert len(whole) < len(studies)
    assert len(whole & asked_again) <= 1  # the one that was just put into its place
    assert len(repeats) <= 1  # the instance that was on its way
    assert not (tmp_path / "dicom" / ".radquarry-move").exists()


def test_outside_its_window_nothing_is_moved(ward: Ward, tmp_path: Path) -> None:
    by_uid(tmp_path, ward.studies(1))
    later, after = (datetime.now().astimezone() + timedelta(hours=hours) for hours in (3, 5))
    move = {"start_time": f"{later:%H:%M}", "end_time": f"{after:%H:%M}"}
    file, log = elsewhere(tmp_path, ward, move=move), tmp_path / "log"
    with Process([sys.executable, "-m", "radquarry.standalone", "move", "-f", str(file)], log) as process:
        eventually(lambda: "waits until" in log.read_text() or None, 60, "it says until when it waits")
        code = process.stop()

    assert f"{later:%H:%M}, when HOSPITAL may be asked" in log.read_text()
    assert code == 143
    assert ward.asked("c-move") == 0


def test_inside_a_window_across_midnight_it_moves(ward: Ward, tmp_path: Path) -> None:
    """From an hour ago to an hour before that: the window ends on the next day."""
    studies = ward.studies(1)
    by_uid(tmp_path, studies)
    begin, end = (datetime.now().astimezone() - timedelta(hours=hours) for hours in (1, 2))
    move = {"start_time": f"{begin:%H:%M}", "end_time": f"{end:%H:%M}"}

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, move=move), folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == ward.images(*studies)


def database_of(folder: Path, studies: list[str]) -> Path:
    """As pacsanini makes it."""
    file = folder / "pacsanini.db"
    with sqlite3.connect(file) as database:
        database.execute(
            "CREATE TABLE studies_find (id INTEGER PRIMARY KEY, patient_name VARCHAR, patient_id VARCHAR, "
            "study_uid VARCHAR UNIQUE, study_date DATETIME, accession_number VARCHAR, retrieved_on DATETIME, "
            "found_on DATETIME)"
        )
        database.executemany("INSERT INTO studies_find (study_uid) VALUES (?)", [(study,) for study in studies])
    database.close()
    return file


def retrieved(file: Path) -> set[str]:
    database = sqlite3.connect(file)
    try:
        return {uid for (uid,) in database.execute("SELECT study_uid FROM studies_find WHERE retrieved_on IS NOT NULL")}
    finally:
        database.close()


def test_a_database_is_the_list_and_learns_what_is_retrieved(ward: Ward, tmp_path: Path) -> None:
    first, second = ward.rich(2)
    database = database_of(tmp_path, [first, "1.2.3.4"])
    file = pacsanini(tmp_path, ward, storage={"resources": f"sqlite:///{database}"})

    done = radquarry("move", "-f", file, folder=tmp_path)
    marked = retrieved(database)
    with sqlite3.connect(database) as added:
        added.execute("DELETE FROM studies_find WHERE study_uid = '1.2.3.4'")
        added.execute("INSERT INTO studies_find (study_uid) VALUES (?)", (second,))
    added.close()
    ward.hospital.traffic.clear()
    again = radquarry("move", "-f", file, folder=tmp_path)

    assert done.returncode == 1
    assert marked == {first}
    assert again.returncode == 0, again.stderr
    assert set(ward.sent()) == ward.images(second)
    assert retrieved(database) == {first, second}
