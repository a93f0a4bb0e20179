"""Whose images they are: by keyword for all, by a table for each; and the UIDs that follow from it."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.exporter.conversion.given import ALLOWED, GivenRefused, checked
from radquarry.exporter.conversion.identity import uid_of
from radquarry.exporter.conversion.patient_table import PatientTable, TableRefused, read_table
from radquarry.exporter.conversion.survey import natural
from tests.exporter.conversion.making import converted, datasets, encoded, errors_in, laid, needs_verifier, noise, only

ONE, TWO, THREE = (encoded(noise(8, 8, seed=seed)) for seed in range(3))


def table(folder: Path, text: str) -> PatientTable:
    (folder / "patients.csv").write_text(text, "utf-8")
    return read_table(folder / "patients.csv")


def test_given_data_stand_in_the_file_as_they_were_given(tmp_path: Path) -> None:
    who = {"PatientID": "P1", "PatientName": "Müller^Änne", "PatientBirthDate": "1962-05-03", "StudyTime": "12:30:00",
           "Modality": "xc", "BurnedInAnnotation": "no"}  # fmt: skip
    converted(laid(tmp_path / "in", a=ONE), out=tmp_path / "out", given=who)

    found = only(tmp_path / "out")
    assert (found.PatientName, found.PatientBirthDate, found.StudyTime) == ("Müller^Änne", "19620503", "123000")
    assert (found.Modality, found.BurnedInAnnotation, found.SpecificCharacterSet) == ("XC", "NO", "ISO_IR 192")


@needs_verifier
def test_everything_that_can_be_given_is_without_errors(tmp_path: Path) -> None:
    values = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.4", "PatientAge": "062Y", "SeriesNumber": "7",
              "PatientSize": "1.7", "PatientWeight": "70", "PatientSex": "F", "Laterality": "L",
              "PatientPosition": "HFS",
              "BurnedInAnnotation": "NO", "RecognizableVisualFeatures": "NO", "QualityControlImage": "NO",
              "PatientOrientation": "L\\P", "Modality": "XC"}  # fmt: skip
    usual = {keyword: "20240131" if keyword.endswith("Date") else "1200" for keyword in ALLOWED}
    texts = {keyword: "KNEE" for keyword in ALLOWED if not keyword.endswith(("Date", "Time"))}
    given_all = {**usual, **texts, **values}

    assert converted(laid(tmp_path / "in", a=ONE), out=tmp_path / "out", given=given_all)[0].state == "converted"
    assert set(errors_in(tmp_path / "out").values()) == {0}
    assert all(keyword in only(tmp_path / "out") for keyword in ALLOWED)


@needs_verifier
@pytest.mark.parametrize("part", ["CHEST", "KNEE", "SKIN"])
def test_only_what_may_be_paired_has_a_side(part: str, tmp_path: Path) -> None:
    converted(laid(tmp_path / "in", a=ONE), out=tmp_path / "out", given={"BodyPartExamined": part})

    assert set(errors_in(tmp_path / "out").values()) == {0}
    assert ("Laterality" in only(tmp_path / "out")) == (part != "CHEST")


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PatientsName", "x"), ("PixelData", "x"), ("SOPInstanceUID", "1.2"), ("PatientID", "x" * 65),
     ("PatientID", "a\\b"), ("PatientID", "a\nb"), ("PatientBirthDate", "3.5.1962"), ("PatientSex", "W"),
     ("StudyInstanceUID", "../1"), ("StudyInstanceUID", "1.02.3"), ("Modality", "not a code string"),
     ("PatientAge", "62")],
)  # fmt: skip
def test_what_cannot_be_given_is_refused_without_its_value(keyword: str, value: str) -> None:
    with pytest.raises(GivenRefused) as refusal:
        checked({keyword: value})

    assert keyword in str(refusal.value)
    assert len(value) < 3 or value not in str(refusal.value)


def test_a_table_says_whose_each_file_is(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a__png=ONE, b__png=TWO)
    laid(folder / "sub", c__png=THREE)
    rows = table(
        folder, "file,PatientID,PatientName\na.png,'=P1,Quarry^Ann\nb.png,P2,\nsub/c.png,P3,Other\nd.png,P4,\n"
    )

    outcomes = converted(folder, out=tmp_path / "out", given={"StudyDescription": "Skin"}, table=rows)

    assert [(each.name, each.state) for each in outcomes] == [
        ("a.png", "converted"), ("b.png", "converted"), ("patients.csv", "passed over"), ("sub/c.png", "converted")
    ]  # fmt: skip
    found = {each.PatientID: each for each in datasets(tmp_path / "out")}
    assert set(found) == {"=P1", "P2", "P3"}
    assert {each.StudyDescription for each in found.values()} == {"Skin"}
    assert len({each.StudyInstanceUID for each in found.values()}) == 3


def test_a_file_without_a_row_or_with_another_ones_is_refused(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a__png=ONE)
    laid(folder / "one", c__png=TWO)
    laid(folder / "two", c__png=THREE)

    outcomes = converted(folder, out=tmp_path / "out", table=table(tmp_path, "file,PatientID\nc.png,P1\n"))

    several = "the table's row names several files; write the path into it"
    assert [each.reason for each in outcomes] == ["the table has no row for it", several, several]


def test_files_in_a_zip_have_rows_by_their_paths_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("x/a.png", ONE)
        archive.writestr("y/a.png", TWO)
    rows = table(tmp_path, "file,PatientID\nin.zip/x/a.png,P1\nin.zip/y/a.png,P2\n")

    converted(tmp_path / "in.zip", out=tmp_path / "out", table=rows)

    assert {each.PatientID for each in datasets(tmp_path / "out")} == {"P1", "P2"}


@pytest.mark.parametrize(
    ("text", "words"),
    [("PatientID\nP1\n", ":1: the heading"), ("file,file\na,b\n", ":1: the heading"),
     ("file,PatientsName\na,b\n", ":1: 'PatientsName'"),
     ("file,PatientID\na,b,c\n", ":2: it has not as many"), ("file,PatientID\na,1\na,2\n", ":3: its file has"),
     ("file,PatientSex\na,Quarry\n", ":2: PatientSex"), ('file,PatientID\n"a,1\n', "is no CSV"),
     ("\udce4", "is no CSV")],
)  # fmt: skip
def test_a_table_with_faults_is_refused_with_its_lines(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(TableRefused) as refusal:
        read_table(tmp_path / "t.csv")

    assert words in str(refusal.value)
    assert "Quarry" not in str(refusal.value)


def test_the_same_again_is_the_same_and_written_once(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a=ONE, b=TWO)
    first = converted(folder, out=tmp_path / "out")
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.dcm")}

    again = converted(folder, out=tmp_path / "out")

    assert [each.state for each in again] == ["repeated", "repeated"]
    assert [each.path for each in again] == [each.path for each in first]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.dcm")} == files


def test_other_contents_or_data_have_other_uids(tmp_path: Path) -> None:
    runs = {"a": (ONE, "P1"), "b": (TWO, "P1"), "c": (ONE, "P2")}
    for name, (data, patient) in runs.items():
        converted(laid(tmp_path / f"in{name}", a=data), out=tmp_path / name, given={"PatientID": patient})

    found = [only(tmp_path / name) for name in runs]
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert len({each[keyword].value for each in found}) == 3


def test_two_files_of_the_same_picture_are_two_instances_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", page10=ONE, page9=TWO, page1=ONE)

    converted(folder, out=tmp_path / "out")

    found = datasets(tmp_path / "out")
    assert [each.pixel_array.tolist() for each in found] == [noise(8, 8, seed=seed).tolist() for seed in (0, 1, 0)]
    assert len({each.SOPInstanceUID for each in found}) == 3


def test_a_study_is_never_given_to_two_patients(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a=ONE, b=TWO)
    rows = table(tmp_path, "file,PatientID,StudyInstanceUID\na,P1,1.2.3\nb,P2,1.2.3\n")

    outcomes = converted(folder, out=tmp_path / "out", table=rows)

    assert {each.reason for each in outcomes} == {"its Study Instance UID is given to another patient too"}


def test_a_series_is_never_given_to_two_groups_of_files(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a=ONE)
    laid(folder / "sub", b=TWO)

    outcomes = converted(folder, out=tmp_path / "out", given={"SeriesInstanceUID": "1.2.3"})

    assert all("is given to other files too" in each.reason for each in outcomes)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_other_parts_are_another_uid(one: list[str], other: list[str]) -> None:
    assert (uid_of(*one) == uid_of(*other)) == (one == other)
    assert len(uid_of(*one)) <= 64


@given(st.lists(st.text(max_size=8)))
def test_any_names_have_an_order(names: list[str]) -> None:
    assert sorted(names, key=natural) == sorted(sorted(names), key=natural) or len(set(map(natural, names))) < len(
        names
    )
