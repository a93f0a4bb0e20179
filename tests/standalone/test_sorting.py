"""Received files in their places: what a PACS says never becomes a path that leaves the folder."""

from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from radquarry.dicom.folders import folder_name
from radquarry.dicom.uids import NotAUid
from radquarry.standalone.oneshot.sorting import Instance, Layout, in_study, put_into_place

ID = st.text(max_size=300) | st.sampled_from(
    ["", " ", ".", "..", "../..", "/etc", "a/b", "a\\b", "~", "CON", "\0", "%2E"]
)


def received(folder: Path, patient_id: str, number: int = 1) -> Instance:
    """A file as storescp leaves it."""
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientID = patient_id
    path = folder / "1.2" / "1.2.3" / f"1.2.3.{number}.dcm"
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path)
    return Instance("1.2", "1.2.3", f"1.2.3.{number}", path)


@given(ID)
def test_a_patient_id_is_the_name_of_one_folder(patient_id: str) -> None:
    name = folder_name(patient_id)

    assert Path(name).parts == (name,)
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert "\0" not in name
    assert 0 < len(name.encode()) <= 255


@given(ID, ID)
def test_different_patients_have_different_folders(one: str, other: str) -> None:
    assert (folder_name(one) == folder_name(other)) == (one.strip() == other.strip())


@pytest.mark.parametrize("patient_id", ["4100010", "PAT 01", "MÜLLER-7", "a_b.c"])
def test_a_usual_patient_id_stays_as_it_is(patient_id: str) -> None:
    assert folder_name(patient_id) == patient_id


@pytest.mark.parametrize("patient_id", ["../../outside", "/outside", "..", ""])
def test_a_hostile_patient_id_stays_inside(tmp_path: Path, patient_id: str) -> None:
    placed = put_into_place(Layout(tmp_path / "in" / "dicom", "PATIENT"), received(tmp_path / "arrived", patient_id))

    assert placed.path.resolve().is_relative_to((tmp_path / "in" / "dicom").resolve())
    assert placed.path.is_file()
    assert len(placed.path.relative_to(tmp_path / "in" / "dicom").parts) == 4
    assert list(tmp_path.rglob("*.dcm")) == [placed.path]


@pytest.mark.parametrize("uid", ["../1", "1/2", "", "1" * 65, ".."])
def test_what_is_no_uid_has_no_place(tmp_path: Path, uid: str) -> None:
    with pytest.raises(NotAUid):
        Layout(tmp_path, "STUDY").place(Instance("1.2", uid, "1.2.3.1", tmp_path / "x.dcm"))


@pytest.mark.parametrize("sort_by", ["PATIENT", "STUDY", "IMAGE"])
def test_what_was_put_into_place_is_found_again(tmp_path: Path, sort_by: str) -> None:
    layout = Layout(tmp_path / "dicom", sort_by)  # type: ignore[arg-type]
    arrived = received(tmp_path / "arrived", "a/b")
    dataset = pydicom.dcmread(arrived.path)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2", "1.2.3"
    dataset.save_as(arrived.path)

    placed = put_into_place(layout, arrived)

    assert list(layout.held(["1.2", "1.9"])) == [placed]
    assert list(layout.held(["1.9"])) == []


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "dicom", "STUDY")
    first = put_into_place(layout, received(tmp_path / "arrived", "one"))
    before = first.path.read_bytes()

    put_into_place(layout, received(tmp_path / "arrived", "two"))

    assert first.path.read_bytes() == before
    assert list(in_study(tmp_path / "arrived" / "1.2")) == []


@pytest.mark.parametrize("content", [b"", b"half", bytes(132)])
def test_a_broken_file_does_not_count_as_received(tmp_path: Path, content: bytes) -> None:
    layout = Layout(tmp_path, "STUDY")
    place = layout.place(Instance("1.2", "1.2.3", "1.2.3.1", tmp_path / "x"))
    place.parent.mkdir(parents=True)
    place.write_bytes(content)

    assert list(layout.held(["1.2"])) == []
