"""`radquarry move` with pacsanini's configuration, as a user types it: what lies there equals what the PACS holds."""

from collections import Counter
from pathlib import Path
from tempfile import gettempdir

import pydicom
import pytest

from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.moved import SOON, TAGS, Ward, by_uid, files_in, here, listed, pacsanini


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
