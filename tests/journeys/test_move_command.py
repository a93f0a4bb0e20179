"""`radquarry move` with pacsanini's configuration, as a user types it: what lies there equals what the PACS holds."""

import signal
import socket
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

import pydicom
import pytest

from tests.journeys.moved import Ward, files_in, listed, pacsanini, radquarry, rows_of, ward_with
from tests.journeys.running import Process, eventually, free_port

SOON = "0.2"
"""Minutes, for a PACS of which is known that it never sends the rest."""
TAGS = [
    {"tag_name": "PatientName", "callback": "str"},
    {"tag_name": "StudyDate", "tag_alias": "study_date", "callback": "pacsanini.convert:str2datetime"},
    {"tag_name": "Laterality", "default_val": "U"},
    {"tag_name": "SOPInstanceUID"},
]


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with ward_with() as ward:
        yield ward


@pytest.fixture(autouse=True)
def _as_it_was(request: pytest.FixtureRequest) -> None:
    if "ward" in request.fixturenames:
        ward: Ward = request.getfixturevalue("ward")
        ward.hospital.faults.reset()
        ward.hospital.traffic.clear()


def by_uid(folder: Path, studies: list[str]) -> None:
    listed(folder, [{"StudyInstanceUID": study, "StudyDate": "20230306"} for study in studies])


def elsewhere(folder: Path, ward: Ward, **changes: object) -> Path:
    """A configuration that is used from another folder."""
    places = {"directory": str(folder / "dicom"), "resources": str(folder / "resources.csv")}
    return pacsanini(folder, ward, **{"storage": places, **changes})


def here(folder: Path) -> set[str]:
    """SOP Instance UIDs of what lies in the directory, nothing else being there."""
    return {file.stem for file in files_in(folder / "dicom")}


@pytest.mark.parametrize("sort_by", ["PATIENT", "STUDY", "IMAGE"])
def test_every_image_of_the_listed_studies_lies_where_the_file_says(ward: Ward, tmp_path: Path, sort_by: str) -> None:
    studies = [*ward.studies(2), *ward.rich(1)]
    by_uid(tmp_path, studies)

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, storage={"sort_by": sort_by}), folder=tmp_path)

    files = files_in(tmp_path / "dicom")
    assert done.returncode == 0, done.stderr
    assert "complete: " in done.stderr
    assert {file.stem for file in files} == ward.images(*studies)
    for file in files:
        read = pydicom.dcmread(file)
        above = {
            "PATIENT": [read.PatientID, read.StudyInstanceUID, read.SeriesInstanceUID],
            "STUDY": [read.StudyInstanceUID, read.SeriesInstanceUID],
            "IMAGE": [],
        }
        assert file.relative_to(tmp_path / "dicom").parts == (*above[sort_by], f"{read.SOPInstanceUID}.dcm")


def test_by_patient_all_their_studies_come(ward: Ward, tmp_path: Path) -> None:
    """Patient-level moves of pacsanini never happened."""
    counts = Counter(ward.patient_id(study) for study in ward.studies(100))
    patient, number = counts.most_common(1)[0]
    theirs = [study for study in ward.studies(100) if ward.patient_id(study) == patient]
    listed(tmp_path, [{"PatientID": patient, "PatientName": "not needed"}])

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, move={"query_level": "PATIENT"}), folder=tmp_path)

    assert number > 1
    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == ward.images(*theirs)
    assert [folder.name for folder in (tmp_path / "dicom").iterdir()] == [patient]
    assert ward.asked("c-move") >= number
    assert patient not in done.stderr


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


def test_the_table_of_tags_is_written(ward: Ward, tmp_path: Path) -> None:
    studies = ward.studies(2)
    by_uid(tmp_path, studies)

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, tags=TAGS), folder=tmp_path)

    rows = rows_of(tmp_path / "resources_meta.csv")
    assert done.returncode == 0, done.stderr
    assert list(rows[0]) == ["PatientName", "study_date", "Laterality", "SOPInstanceUID", "dicom_path"]
    assert {row["SOPInstanceUID"] for row in rows} == ward.images(*studies)
    assert {row["study_date"] for row in rows} == {"2023-03-06"}
    for row in rows:
        read = pydicom.dcmread(tmp_path / row["dicom_path"])
        assert (row["SOPInstanceUID"], row["PatientName"]) == (read.SOPInstanceUID, str(read.PatientName))
        assert row["Laterality"] == (read.get("Laterality") or "U")


@pytest.mark.parametrize(
    "faults",
    [
        {"lost_instances": 2, "lost_asks": 1},
        {"abort_move_every": 2},
        {"nearline_share": 1, "nearline_asks": 2},
        {"max_associations": 1, "store_delay_ms": 5},
    ],
    ids=lambda faults: next(iter(faults)),
)
def test_what_a_bad_pacs_keeps_back_comes_in_the_end(ward: Ward, tmp_path: Path, faults: dict[str, int]) -> None:
    studies = ward.rich(2)
    by_uid(tmp_path, studies)
    ward.hospital.faults.switch({"pacs": faults})

    done = radquarry("move", "-f", pacsanini(tmp_path, ward), folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == ward.images(*studies)


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


def test_a_pacs_that_does_not_know_where_we_are_is_asked_to_give_by_c_get(ward: Ward, tmp_path: Path) -> None:
    studies = ward.studies(1)
    by_uid(tmp_path, studies)
    ward.hospital.faults.switch({"pacs": {"unknown_destinations": True}})

    done = radquarry("move", "-f", pacsanini(tmp_path, ward), "--wait", SOON, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == ward.images(*studies)


def test_nothing_leaves_the_directory(ward: Ward, tmp_path: Path) -> None:
    studies = ward.rich(1)
    by_uid(tmp_path, studies)
    ward.hospital.faults.switch({"pacs": {"hostile_instances": True}})
    before = set(files_in(tmp_path))

    done = radquarry("move", "-f", pacsanini(tmp_path, ward), folder=tmp_path)

    new = set(files_in(tmp_path)) - before - {tmp_path / "pacsanini.yaml"}
    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == ward.images(*studies)
    assert {path for path in new if not path.is_relative_to(tmp_path / "dicom")} == set()
    assert list(Path(gettempdir()).glob("radquarry-hostile*")) == []


def test_what_the_list_lacks_and_the_pacs_does_not_hold_is_told(ward: Ward, tmp_path: Path) -> None:
    held = ward.studies(1)
    by_uid(tmp_path, [*held, "", "1.2.3.4", "../../etc"])

    done = radquarry("move", "-f", pacsanini(tmp_path, ward), folder=tmp_path)

    assert done.returncode == 1
    assert "1.2.3.4: the PACS does not hold this study" in done.stderr
    assert "1 lines of resources.csv have no StudyInstanceUID" in done.stderr
    assert "1 of the list are no Study Instance UIDs" in done.stderr
    assert "etc" not in done.stderr
    assert here(tmp_path) == ward.images(*held)


def test_nothing_of_a_patient_is_on_the_screen(ward: Ward, tmp_path: Path) -> None:
    studies = ward.rich(2)
    rows = [{"PatientID": ward.patient_id(study)} for study in studies]
    listed(tmp_path, [*rows, {"PatientID": "NOBODY^KNOWN"}, {"PatientID": "41*"}])
    ward.hospital.faults.switch({"pacs": {"lost_instances": 1, "lost_asks": 1000}})
    file = pacsanini(tmp_path, ward, move={"query_level": "PATIENT"}, tags=TAGS)

    done = radquarry("move", "-f", file, "--wait", "0", folder=tmp_path)

    said = done.stdout + done.stderr
    names = {str(pydicom.dcmread(path).PatientName) for path in files_in(tmp_path / "dicom")}
    assert done.returncode == 1
    assert "patient 3 of the list: has no studies in this PACS" in said
    assert "patient 4 of the list: has an id that stands for several patients" in said
    assert names
    assert [text for text in {*names, "NOBODY", *map(ward.patient_id, studies)} if text in said] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_move_goes_on_where_it_was(ward: Ward, tmp_path: Path, number: int) -> None:
    studies = ward.rich(6)
    by_uid(tmp_path, studies)
    ward.hospital.faults.switch({"pacs": {"store_delay_ms": 150}})
    file, log, in_place = elsewhere(tmp_path, ward), tmp_path / "log", tmp_path / "dicom"
    command = [sys.executable, "-m", "radquarry.standalone", "move", "-f", str(file)]
    with Process(command, log) as process:
        eventually(lambda: list(in_place.glob("[0-9]*/*"))[2:] or None, 90, "three studies are in place")
        process._process.send_signal(number)
        code = process._process.wait(20)
    whole = {path.name for path in in_place.glob("[0-9]*/*")}
    ward.hospital.faults.reset()
    asked_before = ward.asked("c-find")
    done = radquarry("move", "-f", file, folder=tmp_path)

    later = ward.hospital.traffic.entries("c-find")[asked_before:]
    asked_again = {value for entry in later for value in entry.detail.get("keys", {}).get("StudyInstanceUID", [])}
    repeats = Counter(ward.sent())
    assert code in (143, -signal.SIGKILL)
    assert "Traceback" not in log.read_text()
    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == ward.images(*studies)
    assert len(whole) < len(studies)
    assert len(whole & asked_again) <= 1  # the one that was just put into its place
    assert sum(repeats.values()) - len(repeats) <= 1  # the instance that was on its way
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


def test_a_pacs_that_is_off_is_named(tmp_path: Path, ward: Ward) -> None:
    by_uid(tmp_path, ward.studies(1))
    port = free_port()
    node = {"aetitle": "HOSPITAL", "ip": "127.0.0.1", "port": port}

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, net={"called_node": node}), folder=tmp_path)

    assert done.returncode == 1
    assert f"HOSPITAL does not answer at 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_somebody_else_has_is_named(tmp_path: Path, ward: Ward) -> None:
    by_uid(tmp_path, ward.studies(1))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("0.0.0.0", ward.port))
        other.listen()
        done = radquarry("move", "-f", pacsanini(tmp_path, ward), folder=tmp_path)

    assert done.returncode == 1
    assert f"node: cannot listen at 0.0.0.0:{ward.port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"net": {"local_node": {"aetitle": "RADQUARRY"}}}, "needs a port: that is where images arrive"),
        ({"storage": {"resources": "gone.csv"}}, "gone.csv: there is no such list; radquarry find makes one"),
        ({"move": {"query_level": "PATIENT"}}, "has no column PatientID"),
        ({"storage": {"resources": "oracle://me:secret@x/y"}}, "oracle://…x/y: a database is sqlite"),
        ({"storage": {"resources_meta": "sqlite:///x.db"}, "tags": TAGS}, "name a CSV for the tags"),
        ({"storage": {"resources_meta": "x.xls"}, "tags": TAGS}, "a table is written as .csv or .jsonl"),
        ({"tags": [{"tag_name": "PatientName", "callback": "os:system"}]}, "nothing is imported from a configuration"),
    ],
)
def test_a_wrong_file_is_refused_before_a_pacs_is_asked(
    ward: Ward, tmp_path: Path, sections: dict[str, dict[str, object]], words: str
) -> None:
    by_uid(tmp_path, ward.studies(1))

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, **sections), folder=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
    assert "secret" not in done.stderr
    assert ward.hospital.traffic.entries() == []
