"""`radquarry deidentify` as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pydicom import dcmread

from tests.exporter.cleaning import SECRET, ct, written
from tests.exporter.test_runs import files, series


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
