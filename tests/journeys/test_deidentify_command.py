"""`radquarry deidentify` as a user types it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from pydicom import dcmread
from pydicom.data import get_testdata_file

from tests.exporter.cleaning import SECRET, ct, written
from tests.exporter.running import files, series
from tests.exporter.test_inputs import damaged


def deidentify(*arguments: str, folder: Path, key: bytes | None = SECRET) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "RADQUARRY_PSEUDONYM_KEY"}
    if key is not None:
        environment["RADQUARRY_PSEUDONYM_KEY"] = key.decode()
    command = [sys.executable, "-m", "radquarry.standalone", "deidentify", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_folder_is_deidentified_and_the_report_lies_beside(tmp_path: Path) -> None:
    series(tmp_path / "in")
    mapping = tmp_path / "mapping.csv"

    done = deidentify("in", "-o", "out", "--project", "lungs", "--write-mapping", "mapping.csv", folder=tmp_path)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        0, "3 files: 3 released, 0 repeated, 0 passed over, 0 held back; out/release-report.json")  # fmt: skip
    found = files(tmp_path / "out")
    assert len(found) == 5
    assert {path for path in found if "/" not in path} == {"release-report.csv", "release-report.json"}
    assert "patient_id,PID4711234,P" in mapping.read_text()
    for path in found:
        data = (tmp_path / "out" / path).read_bytes()
        assert not any(text in data for text in (b"Quarrymann", b"PID4711234", b"ACC998877"))


def test_the_mapping_of_one_run_is_used_by_another_with_another_key(tmp_path: Path) -> None:
    series(tmp_path / "in", 1)
    deidentify("in", "-o", "a", "--project", "lungs", "--write-mapping", "mapping.csv", folder=tmp_path)
    (tmp_path / "key").write_bytes(b"another secret of at least 32 bytes")

    done = deidentify(
        *("in", "-o", "b", "--project", "hearts", "--mapping", "mapping.csv", "--key-file", "key"),
        folder=tmp_path, key=None)  # fmt: skip

    assert done.returncode == 0
    one, other = (dcmread(next((tmp_path / name).rglob("*.dcm"))) for name in ("a", "b"))
    assert (one.PatientID, one.StudyDate) == (other.PatientID, other.StudyDate)
    assert one.StudyInstanceUID != other.StudyInstanceUID


def test_what_is_held_back_is_told_and_ends_with_1(tmp_path: Path) -> None:
    dataset = ct()
    dataset.BurnedInAnnotation = "YES"
    (tmp_path / "screen.dcm").write_bytes(written(dataset))

    done = deidentify("screen.dcm", "-o", "out", "--project", "lungs", folder=tmp_path)

    assert done.returncode == 1
    assert "held back: screen.dcm: text is in the pixels: Burned In Annotation says so" in done.stderr
    report = (tmp_path / "out" / "release-report.json").read_text()
    assert json.loads(report)["counts"]["held_back"] == 1
    assert "screen.dcm" not in report


def test_a_dry_run_shows_before_and_after_and_writes_nothing(tmp_path: Path) -> None:
    series(tmp_path / "in", 1)

    done = deidentify("in", "--project", "lungs", "--dry-run", folder=tmp_path)

    assert done.returncode == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("PatientID "))
    assert "changed" in line
    assert "PID4711234" in line
    assert files(tmp_path) == ["in/Quarrymann 1.dcm"]


def test_a_copy_of_a_cd_ends_with_0(tmp_path: Path) -> None:
    series(tmp_path / "in" / "IMAGES")
    (tmp_path / "in" / "DICOMDIR").write_bytes(Path(str(get_testdata_file("DICOMDIR"))).read_bytes())
    (tmp_path / "in" / "README.TXT").write_text("How to see the images")

    done = deidentify("in", "-o", "out", "--project", "lungs", folder=tmp_path)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        0, "5 files: 3 released, 0 repeated, 2 passed over, 0 held back; out/release-report.json")  # fmt: skip


def test_a_run_that_releases_nothing_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no DICOM")
    (tmp_path / "empty").mkdir()

    nothing = deidentify("notes", "-o", "a", "--project", "lungs", folder=tmp_path)
    empty = deidentify("empty", "-o", "b", "--project", "lungs", folder=tmp_path)

    assert (nothing.returncode, empty.returncode) == (1, 1)
    assert "held back: empty: there is no file in it" in empty.stderr
    assert json.loads((tmp_path / "b" / "release-report.json").read_text())["counts"]["held_back"] == 1


def test_one_file_that_cannot_be_cleaned_does_not_end_the_run(tmp_path: Path) -> None:
    series(tmp_path / "in")
    (tmp_path / "in" / "0.zip").write_bytes(damaged(zipfile.ZIP_LZMA))

    done = deidentify("in", "-o", "out", "--project", "lungs", folder=tmp_path)
    again = deidentify("in", "-o", "out", "--project", "lungs", "--dry-run", folder=tmp_path)

    assert (done.returncode, again.returncode) == (1, 1)
    assert "3 released, 0 repeated, 0 passed over, 1 held back" in done.stderr
    assert "would be held back: in/0.zip, file 1 in it: the zip archive is damaged" in again.stderr
    assert not (tmp_path / "out" / ".unchecked").exists()


def test_what_of_a_given_mapping_was_of_no_use_is_said(tmp_path: Path) -> None:
    series(tmp_path / "in", 1)
    (tmp_path / "m.csv").write_text("kind,original,pseudonym\npatient_id,PID4711234,CASE-1\npatient_id,4712,CASE-2\n")

    done = deidentify("in", "-o", "out", "--project", "lungs", "--mapping", "m.csv", folder=tmp_path)

    assert "1 originals of the given mapping are in none of the files" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == ["CASE-1"]


def test_a_signal_ends_the_run_and_leaves_nothing_unchecked(tmp_path: Path) -> None:
    path = series(tmp_path / "in", 1)[0]
    for number in range(600):
        os.link(path, tmp_path / "in" / f"{number}.dcm")
    command = [sys.executable, "-m", "radquarry.standalone", "deidentify", "in", "-o", "out", "--project", "lungs"]
    environment = {**os.environ, "RADQUARRY_PSEUDONYM_KEY": SECRET.decode()}

    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as run:
        while not next((tmp_path / "out").rglob("*.dcm"), None):
            assert run.poll() is None
        run.terminate()
        _, said = run.communicate(timeout=60)

    assert run.returncode == 143
    assert "ended by a signal" in said
    assert [name for name in files(tmp_path / "out") if name.startswith(".unchecked")] == []
    assert not (tmp_path / "out" / "release-report.json").exists()


def test_wrong_orders_are_refused_in_words(tmp_path: Path) -> None:
    series(tmp_path / "in", 1)
    (tmp_path / "profile.yaml").write_text("keep: [PatientsName]\n")
    (tmp_path / "there.csv").write_text("x")
    wrong = {
        ("in", "-o", "out"): "a key",
        ("gone", "-o", "out"): "gone: is not there",
        ("in", "-o", "in"): "is read from; name another folder",
        ("in",): "name the folder to write",
        ("in", "-o", "out", "--profile", "profile.yaml"): "profile.yaml:1: keep: 'PatientsName' is no keyword",
        ("in", "-o", "out", "--mapping", "there.csv"): "there.csv:1: the heading is kind,original,pseudonym",
        ("in", "-o", "out", "--write-mapping", "there.csv"): "there.csv: is there already",
        ("in", "-o", "out", "--write-mapping", "out/m.csv"): "does not belong into the folder that leaves",
        ("in", "-o", "out", "--write-mapping", "out"): "does not belong into the folder that leaves",
        ("in", "-o", "out", "--write-mapping", "nowhere/m.csv"): "its folder is not there",
    }
    for arguments, words in wrong.items():
        key = b"short" if words == "a key" else SECRET
        done = deidentify(*arguments, "--project", "lungs", folder=tmp_path, key=key)
        assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr

    no_key = deidentify("in", "-o", "out", "--project", "lungs", folder=tmp_path, key=None)
    assert no_key.returncode == 2
    assert "no key: name a file with --key-file" in no_key.stderr
    assert not (tmp_path / "out").exists()


def test_the_secret_in_the_environment_is_no_key_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "radquarry.yaml").write_text("")
    environment = {**os.environ, "RADQUARRY_PSEUDONYM_KEY": SECRET.decode()}
    command = [sys.executable, "-m", "radquarry.standalone", "config", "check", "radquarry.yaml"]

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)

    assert done.returncode == 0


def test_a_report_beside_the_images_leaves_with_their_pseudonyms(tmp_path: Path) -> None:
    series(tmp_path / "in", 1)
    text = "CT vom 12.03.2023. Frau Josefine Quarrymann, PID4711234. gez. Dr. Keller"
    (tmp_path / "in" / "ACC998877.txt").write_text(text, "utf-8")

    done = deidentify("in", "-o", "out", "--project", "lungs", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    patient = str(dcmread(next((tmp_path / "out").rglob("*.dcm"))).PatientID)
    (report,) = (tmp_path / "out" / patient).glob("report-*.txt")
    left = report.read_text("utf-8")
    assert left.endswith(f"Frau [NAME], {patient}. gez. Dr. [NAME]")
    assert "12.03.2023" not in left
