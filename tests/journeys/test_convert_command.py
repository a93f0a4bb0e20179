"""`radquarry convert` as a user types it."""

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.exporter.conversion.making import (
    AFFINES,
    datasets,
    encoded,
    errors_in,
    laid,
    needs_dcm2niix,
    needs_verifier,
    noise,
)
from tests.exporter.conversion.making import nifti as written
from tests.journeys.converting import VOLUME, convert

NAMED = ("--patient-id", "P1", "--patient-name", "Quarrymann^Ann")


def mixture(folder: Path) -> None:
    """Pictures in a folder and a zip, a volume, a text, and what is none of these."""
    laid(folder / "in", a__png=encoded(noise(9, 8)), b__jpg=encoded(noise(9, 8, 3), "JPEG"), notes__txt=b"skin")
    laid(folder / "in" / "scans", scan__tif=encoded([noise(9, 8), noise(9, 8, seed=1)], "TIFF"))
    laid(folder / "in", brain__nii__gz=written(VOLUME, AFFINES["oblique"], packed=True))
    with zipfile.ZipFile(folder / "in" / "more.zip", "w") as archive:
        archive.writestr("../c.bmp", encoded(noise(9, 8, 3), "BMP"))


@needs_verifier
def test_a_mixture_becomes_dicom_without_errors_and_the_second_run_changes_nothing(tmp_path: Path) -> None:
    mixture(tmp_path)
    who = (*NAMED, "--study-description", "Skin", "--set", "StudyID=7")

    done = convert("in", "-o", "out", *who, folder=tmp_path)
    again = convert("in", "-o", "out", *who, folder=tmp_path)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        0, "6 files: 5 converted, 0 repeated, 1 passed over, 0 refused; out/conversion-report.json")  # fmt: skip
    assert again.stderr.splitlines()[-1].startswith("6 files: 0 converted, 5 repeated, 1 passed over, 0 refused")
    counts = errors_in(tmp_path / "out")
    assert len(counts) == 5
    assert set(counts.values()) == {0}
    found = datasets(tmp_path / "out")
    assert len(found) == 9
    assert {(each.PatientID, each.StudyID, each.StudyDescription) for each in found} == {("P1", "7", "Skin")}
    for each in found:
        place = Path("P1") / each.StudyInstanceUID / each.SeriesInstanceUID / f"{each.SOPInstanceUID}.dcm"
        assert (tmp_path / "out" / place).is_file()
    assert not (tmp_path / "out" / ".unchecked").exists()
    assert "Quarrymann" not in done.stderr + done.stdout


@needs_dcm2niix
def test_a_volume_goes_to_dicom_and_back(tmp_path: Path) -> None:
    laid(tmp_path / "in", brain__nii=written(VOLUME, AFFINES["oblique"]))

    there = convert("in", "-o", "dicom", "--modality", "MR", folder=tmp_path)
    back = convert("dicom", "-o", "nii", folder=tmp_path)

    assert (there.returncode, back.returncode) == (0, 0), there.stderr + back.stderr
    (path,) = (tmp_path / "nii").rglob("*.nii.gz")
    image = nibabel.load(path)
    assert np.allclose(image.affine, AFFINES["oblique"], atol=2e-5)
    assert (np.asarray(image.dataobj) == VOLUME).all()


def test_what_is_refused_is_told_and_ends_with_1(tmp_path: Path) -> None:
    laid(tmp_path / "in", a__png=encoded(noise(9, 8)), b__gif=b"GIF89a" + bytes(99), c__png=encoded(noise(9, 8))[:60])

    done = convert("in", "-o", "out", folder=tmp_path)

    assert done.returncode == 1
    assert "refused: b.gif: it is no file of a kind that is known here" in done.stderr
    assert "refused: c.png: the picture is damaged" in done.stderr
    report = json.loads((tmp_path / "out" / "conversion-report.json").read_text())
    assert report["counts"] == {"files": 3, "converted": 1, "repeated": 0, "passed_over": 0, "refused": 2}
    with (tmp_path / "out" / "conversion-report.csv").open(newline="") as lines:
        assert [row["state"] for row in csv.DictReader(lines)] == ["converted", "refused", "refused"]


def test_a_table_gives_each_file_its_patient_and_says_what_of_it_was_of_no_use(tmp_path: Path) -> None:
    laid(tmp_path / "in", a__png=encoded(noise(9, 8)), b__png=encoded(noise(9, 8, seed=1)))
    (tmp_path / "in" / "patients.csv").write_text("file,PatientID,PatientSex\na.png,P1,F\nb.png,P2,m\nc.png,P3,\n")

    done = convert("in", "-o", "out", "--table", "in/patients.csv", "--study-date", "2024-01-31", folder=tmp_path)

    assert done.returncode == 0
    assert "1 rows of the table name no file that is there" in done.stderr
    found = {each.PatientID: each for each in datasets(tmp_path / "out")}
    assert {name: each.PatientSex for name, each in found.items()} == {"P1": "F", "P2": "M"}
    assert {each.StudyDate for each in found.values()} == {"20240131"}


def test_dicom_becomes_pictures_and_a_table(tmp_path: Path) -> None:
    mixture(tmp_path)
    convert("in", "-o", "dicom", "--patient-id", "=P1", folder=tmp_path)

    pictures = convert("dicom", "-o", "png", "--to", "png", folder=tmp_path)
    table = convert("dicom", "-o", "csv", "--to", "csv", folder=tmp_path)

    assert (pictures.returncode, table.returncode) == (0, 0), pictures.stderr + table.stderr
    assert len(list((tmp_path / "png").rglob("*.png"))) == 10
    with (tmp_path / "csv" / "dicom.csv").open(newline="") as lines:
        assert {row["PatientID"] for row in csv.DictReader(lines)} == {"'=P1"}


def test_without_dcm2niix_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    laid(tmp_path / "in", brain__nii=written(VOLUME, AFFINES["axial"]))
    convert("in", "-o", "dicom", folder=tmp_path)

    done = convert("dicom", "-o", "nii", folder=tmp_path, PATH=str(tmp_path))

    assert done.returncode == 1
    assert "the program dcm2niix is not there; install it: apt-get install dcm2niix" in done.stderr


WRONG = {
    ("gone", "-o", "out"): "gone: is not there",
    ("in", "-o", "in"): "is read from; name another folder",
    ("in", "-o", "out", "--to", "jpeg"): "--to: is one of dicom, nifti, png, csv",
    ("in", "-o", "out", "--set", "PatientsName=x"): "'PatientsName' is no DICOM keyword",
    ("in", "-o", "out", "--set", "PatientName"): "--set: is KEYWORD=VALUE",
    ("in", "-o", "out", "--patient-sex", "W"): "PatientSex: is one of M, F, O",
    ("in", "-o", "out", "--table", "bad.csv"): "bad.csv:1: the heading is file and DICOM keywords",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_order_is_refused_in_words(arguments: tuple[str, ...], tmp_path: Path) -> None:
    laid(tmp_path / "in", a__png=encoded(noise(4, 4)))
    (tmp_path / "bad.csv").write_text("name\n")

    done = convert(*arguments, folder=tmp_path)

    assert (done.returncode, WRONG[arguments] in done.stderr, "Traceback" in done.stderr) == (2, True, False), (
        done.stderr
    )
    assert not (tmp_path / "out").exists()


WITHOUT = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *rest):
        return None if name == "nibabel" else self.finder.find_spec(name, *rest)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
from radquarry.standalone.commands import app
app()
"""


def test_without_its_libraries_the_command_says_how_to_add_them(tmp_path: Path) -> None:
    laid(tmp_path / "in", a=encoded(noise(4, 4)))
    command = [sys.executable, "-c", WITHOUT, "convert", "in", "-o", "out"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False)

    assert done.returncode == 2
    assert "pip install 'radquarry-standalone[convert]'" in done.stderr
