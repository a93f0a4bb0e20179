"""Files, folders and archives become a checked folder; what is held back stays out of it."""

import csv
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset

from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import Given, Pseudonyms
from radquarry.exporter.release.checking import Finding
from radquarry.exporter.release.report import Outcome, write_report
from radquarry.exporter.runs.sources import Source, SourceRefused, opened, sources_in
from radquarry.exporter.runs.workplace import Workplace
from tests.exporter.cleaning import ct, written
from tests.exporter.running import KEY, files, order, run, series


def one(dataset: FileDataset, tmp_path: Path, profile: Profile | None = None) -> Outcome:
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "in.dcm").write_bytes(written(dataset))
    return Workplace(order(tmp_path / "out", profile)).deidentify(Source(1, tmp_path / "in.dcm"))[0]


async def test_a_folder_becomes_a_tree_of_pseudonyms(tmp_path: Path) -> None:
    series(tmp_path / "in" / "a")
    (tmp_path / "in" / "notes.txt").write_text("no DICOM")
    sources = list(sources_in([tmp_path / "in"], tmp_path / "out"))

    told, rows = await run(order(tmp_path / "out"), sources, processes=2)

    pseudonyms = Pseudonyms(KEY)
    patient = pseudonyms.patient_id("PID4711234")
    study, one_series = (pseudonyms.uid(ct()[name].value) for name in ("StudyInstanceUID", "SeriesInstanceUID"))
    assert files(tmp_path / "out") == sorted(
        f"{patient}/{study}/{one_series}/{pseudonyms.uid(f'1.2.3.{number}')}.dcm" for number in (1, 2, 3)
    )
    assert sorted(outcome.state for outcome in told) == ["passed over", "released", "released", "released"]
    assert ("patient_id", "PID4711234", patient) in rows
    assert ("accession_number", "ACC998877", pseudonyms.accession_number("ACC998877")) in rows
    assert dcmread(tmp_path / "out" / next(o.path for o in told if o.path)).PatientID == patient


async def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    sources = [Source(1, series(tmp_path / "in", 1)[0])]
    for name in ("one", "other"):
        await run(order(tmp_path / name), sources)

    (path,) = files(tmp_path / "one")
    assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes()


def test_the_same_file_again_is_one_file(tmp_path: Path) -> None:
    (path,) = series(tmp_path / "in", 1)
    place = Workplace(order(tmp_path / "out"))

    states = [place.deidentify(Source(number, path))[0].state for number in (1, 2)]

    assert states == ["released", "repeated"]


def test_another_file_of_the_same_instance_is_held_back(tmp_path: Path) -> None:
    (path,) = series(tmp_path / "in", 1)
    place = Workplace(order(tmp_path / "out"))
    place.deidentify(Source(1, path))
    dataset = dcmread(path)
    dataset.KVP = "80"
    path.write_bytes(written(dataset))

    outcome, rows = place.deidentify(Source(2, path))

    assert (outcome.state, outcome.reason, rows) == ("held back", "another file of the same instance is there", [])


def test_what_is_likely_to_show_text_is_held_back_unless_the_profile_takes_it(tmp_path: Path) -> None:
    dataset = ct()
    dataset.BurnedInAnnotation = "YES"

    held, released = one(dataset, tmp_path / "a"), one(dataset, tmp_path / "b", Profile(pixels="unchecked"))

    assert (held.state, held.reason) == ("held back", "text is in the pixels: Burned In Annotation says so")
    assert files(tmp_path / "a" / "out") == []
    assert released.state == "released"


@pytest.mark.parametrize("uid", ["", "../../etc/passwd", "1..2", "."])
def test_a_uid_that_is_none_makes_no_path(uid: str, tmp_path: Path) -> None:
    dataset = ct()
    dataset.add_new(0x0020000D, "UI", "1.2.3.44444444444")
    data = written(dataset).replace(b"1.2.3.44444444444\0", uid.encode().ljust(18, b"\0"))
    (tmp_path / "in.dcm").write_bytes(data)
    place = Workplace(order(tmp_path / "out", Profile(options=("retain_uids",))))

    outcome, _ = place.deidentify(Source(1, tmp_path / "in.dcm"))

    assert (outcome.state, outcome.reason) == ("held back", "its study_instance_uid is missing or none")
    assert files(tmp_path) == ["in.dcm"]


def test_a_finding_of_the_release_check_holds_the_file_back(tmp_path: Path) -> None:
    """A mapping that gives a patient's own id as the pseudonym."""
    (tmp_path / "in.dcm").write_bytes(written(ct()))
    itself = replace(order(tmp_path / "out"), given=Given({"PID4711234": "PID4711234"}))

    outcome, _ = Workplace(itself).deidentify(Source(1, tmp_path / "in.dcm"))

    assert outcome.state == "held back"
    assert outcome.reason == "the release check found what should not leave"
    assert outcome.findings[0].what == "says a name, an id or an accession number of the patient"
    assert files(tmp_path / "out") == []


def test_a_patient_may_be_called_like_what_we_write_ourselves(tmp_path: Path) -> None:
    dataset = ct()
    dataset.SpecificCharacterSet, dataset.PatientName, dataset.PatientID = "ISO_IR 192", "Bašić^Option", "radquarry"

    assert one(dataset, tmp_path).state == "released"


def test_a_broken_file_is_held_back_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "cut.dcm").write_bytes(written(ct())[:-7])
    (tmp_path / "bare").write_bytes(written(ct())[132:])
    place = Workplace(order(tmp_path / "out"))

    cut, bare, gone = (place.deidentify(Source(1, tmp_path / name))[0] for name in ("cut.dcm", "bare", "gone"))

    assert cut.reason == "an element of group 7FE0 is longer than what is around it"
    assert bare.reason == "it may be DICOM, but has no preamble"
    assert gone.reason == "it is no file"
    assert {cut.state, bare.state, gone.state} == {"held back"}


def test_archives_are_opened_and_the_folder_to_write_is_left_out(tmp_path: Path) -> None:
    paths = series(tmp_path / "in" / "z")
    with zipfile.ZipFile(tmp_path / "in" / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(paths[0], "../../evil.dcm")
        archive.mkdir("folder")
    series(tmp_path / "in" / "out")

    sources = list(sources_in([tmp_path / "in", paths[1]], tmp_path / "in" / "out"))

    assert [source.number for source in sources] == [1, 2, 3, 4, 5]
    assert [source.path.name for source in sources] == ["a.zip", *(path.name for path in paths), paths[1].name]
    with opened(sources[0]) as view:
        assert bytes(view) == paths[0].read_bytes()


def test_a_damaged_archive_is_held_back(tmp_path: Path) -> None:
    (path,) = series(tmp_path / "in", 1)
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "a.dcm")
    data = bytearray(file.read_bytes())
    data[2000:2100] = bytes(100)
    file.write_bytes(data)

    (source,) = sources_in([file], tmp_path / "out")

    with pytest.raises(SourceRefused, match="damaged"), opened(source):
        pass


def test_the_report_says_what_became_of_each_file_and_names_nobody(tmp_path: Path) -> None:
    told = [
        Outcome(2, "held back", reason="text", findings=(Finding("PatientName", "is there"),)),
        Outcome(1, "released", "P1/2.25.1/2.25.2/2.25.3.dcm", own_values_found=2),
    ]

    write_report(tmp_path, "lungs", Profile(pixels="unchecked"), told)

    report = json.loads((tmp_path / "release-report.json").read_text())
    assert report["counts"] == {
        "files": 2, "released": 1, "repeated": 0, "held_back": 1, "passed_over": 0, "findings": 1,
        "values_with_own_data_cleaned": 2,
    }  # fmt: skip
    assert report["held_back"] == [
        {"input": 2, "reason": "text", "findings": [{"where": "PatientName", "what": "is there"}]}
    ]
    assert report["pixels"].startswith("unchecked")
    with (tmp_path / "release-report.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[1] == ["1", "released", "P1/2.25.1/2.25.2/2.25.3.dcm", "", ""]
