"""`radquarry move` with pacsanini's configuration, as a user types it: what lies there equals what the PACS holds."""

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from tests.journeys.moved import Ward, files_in, listed, pacsanini, radquarry, rows_of, ward_with


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with ward_with() as ward:
        yield ward


@pytest.fixture(autouse=True)
def _as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "ward" in request.fixturenames:
        request.getfixturevalue("ward").hospital.faults.reset()


def by_uid(folder: Path, studies: list[str]) -> None:
    listed(folder, [{"StudyInstanceUID": study, "StudyDate": "20230306"} for study in studies])


@pytest.mark.parametrize("sort_by", ["PATIENT", "STUDY", "IMAGE"])
def test_every_image_of_the_listed_studies_lies_where_the_file_says(ward: Ward, tmp_path: Path, sort_by: str) -> None:
    studies = ward.studies(3)
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
