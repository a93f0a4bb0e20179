"""DICOM as NIfTI, PNG and a table: every frame and every voxel, or the reason why not."""

import csv
import io
import os
import shutil
import zipfile
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate

from radquarry.exporter.conversion.dcm2niix import made_of
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.conversion.run import Order
from tests.exporter.conversion.making import (
    AFFINES,
    converted,
    encoded,
    laid,
    needs_dcm2niix,
    nifti,
    noise,
    outcomes_of,
    sample,
)

VOLUME = noise(6, 5, 4, dtype=np.int16)
OBLIQUE = AFFINES["oblique"]


def series(folder: Path, modality: str = "MR") -> Path:
    """A volume of four slices as DICOM."""
    converted(laid(folder / "nii", a=nifti(VOLUME, OBLIQUE)), out=folder / "dicom",
              given={"PatientID": "P 1", "PatientName": "=cmd|' /C calc'!A0", "Modality": modality})  # fmt: skip
    return folder / "dicom"


@needs_dcm2niix
def test_a_series_becomes_a_volume_in_its_place(tmp_path: Path) -> None:
    outcomes = converted(series(tmp_path), out=tmp_path / "out")

    assert [each.state for each in outcomes] == ["converted"] * 4
    (path,) = (tmp_path / "out").rglob("*.nii.gz")
    assert outcomes[0].path == path.relative_to(tmp_path / "out").as_posix()
    assert path.relative_to(tmp_path / "out").parts[0] == "P 1"
    image = nibabel.load(path)
    assert np.allclose(image.affine, OBLIQUE, atol=2e-5)
    assert (np.asarray(image.dataobj) == VOLUME).all()
    assert "cmd" not in path.with_name("image.json").read_text()

    assert {each.state for each in converted(tmp_path / "dicom", out=tmp_path / "out")} == {"repeated"}


@needs_dcm2niix
def test_a_zip_of_a_series_becomes_a_volume_and_the_same_file_twice_is_once(tmp_path: Path) -> None:
    files = sorted(series(tmp_path).rglob("*.dcm"))
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for number, path in enumerate([*files, files[0]]):
            archive.writestr(f"../{number}", path.read_bytes())

    outcomes = converted(tmp_path / "in.zip", out=tmp_path / "out", to="nifti")

    assert [each.state for each in outcomes] == ["converted"] * 4 + ["passed over"]
    assert np.asarray(nibabel.load(next((tmp_path / "out").rglob("*.nii.gz"))).dataobj).size == VOLUME.size


@needs_dcm2niix
def test_what_is_no_slice_is_refused_and_the_others_are_not(tmp_path: Path) -> None:
    folder = series(tmp_path)
    converted(laid(tmp_path / "photo", a=encoded(noise(9, 9))), out=folder)
    shutil.copy(sample("rtplan.dcm"), folder)

    outcomes = converted(folder, out=tmp_path / "out")

    reasons = sorted(each.reason for each in outcomes if each.state == "refused")
    assert reasons == ["it does not say where it lies in the patient, so it is no slice; --to png", "it holds no image"]
    assert sum(each.state == "converted" for each in outcomes) == 4


def program(folder: Path, script: str) -> str:
    """A directory for PATH in which dcm2niix is something else."""
    folder.mkdir()
    (folder / "dcm2niix").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "dcm2niix").chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (None, "apt-get install dcm2niix"),
        ("exit 0", "made nothing"),
        ("exit 3", "made nothing"),
        ("exec /bin/sleep 60", "did not end within"),
        ('for last; do :; done; while [ "$1" != -o ]; do shift; done; cp VOLUME "$2/image.nii.gz"', "is missing"),
        ('while [ "$1" != -o ]; do shift; done; echo x > "$2/image.nii.gz"', "it is cut"),
    ],
)
def test_a_program_that_makes_less_than_all_is_not_believed(script, words: str, tmp_path: Path, monkeypatch) -> None:
    folder = series(tmp_path)
    half = tmp_path / "half.nii.gz"
    half.write_bytes(nifti(VOLUME[..., :2], OBLIQUE, packed=True))
    path = str(tmp_path) if script is None else program(tmp_path / "bin", script.replace("VOLUME", str(half)))
    monkeypatch.setenv("PATH", f"{path}:/bin" if script else path)

    order = Order(tmp_path / "out", "nifti", seconds=0.2 if words == "did not end within" else 60)
    outcomes = outcomes_of(order, folder)

    assert {each.state for each in outcomes} == {"refused"}
    assert all(words in each.reason for each in outcomes), outcomes[0].reason
    assert [each for each in (tmp_path / "out").rglob("*") if each.is_file()] == []


async def test_the_program_knows_nothing_of_our_environment(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("RADQUARRY_PSEUDONYM_KEY", "secret")
    monkeypatch.setenv("PATH", f"{program(tmp_path / 'bin', f'env > {tmp_path}/said')}:{os.environ['PATH']}")

    with pytest.raises(Refused):
        await made_of(tmp_path, tmp_path / "bin", 10)

    assert "secret" not in (tmp_path / "said").read_text()


def test_a_table_of_dicom_is_harmless_and_can_be_given_again(tmp_path: Path) -> None:
    folder = series(tmp_path)

    outcomes = converted(folder, out=tmp_path / "out", to="csv")

    assert {(each.state, each.path) for each in outcomes} == {("converted", "dicom.csv")}
    with (tmp_path / "out" / "dicom.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["PatientID"] for row in rows] == ["P 1"] * 4
    assert rows[0]["PatientName"] == "'=cmd|' /C calc'!A0"
    assert rows[0]["StudyInstanceUID"] in rows[0]["file"]

    assert {each.state for each in converted(folder, out=tmp_path / "out", to="csv")} == {"repeated"}
    (other,) = converted(sample("CT_small.dcm"), out=tmp_path / "out", to="csv")
    assert other.reason == "another file of the same name is there"


def test_a_deflated_file_that_is_a_bomb_and_a_frame_that_is_one_are_refused(tmp_path: Path) -> None:
    meta = sample("image_dfl.dcm").read_bytes()
    start = 132 + 12 + int.from_bytes(meta[140:144], "little")
    deflater = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    zeros = b"".join(deflater.compress(bytes(64 << 20)) for _ in range(17))
    (tmp_path / "bomb.dcm").write_bytes(meta[:start] + zeros + deflater.flush())
    frame = dcmread(sample("SC_rgb_jpeg_dcmtk.dcm"))
    huge = io.BytesIO()
    Image.new("L", (20000, 10000)).save(huge, "JPEG")
    frame.PixelData = encapsulate([huge.getvalue()])
    frame.save_as(tmp_path / "frame.dcm")

    assert "too long" in converted(tmp_path / "bomb.dcm", out=tmp_path / "out", to="csv")[0].reason
    assert "cannot be decoded" in converted(tmp_path / "frame.dcm", out=tmp_path / "out", to="png")[0].reason
    assert converted(sample("image_dfl.dcm"), out=tmp_path / "out", to="csv")[0].state == "converted"


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
def test_a_uid_never_becomes_another_path(keyword: str, tmp_path: Path) -> None:
    dataset = dcmread(sample("CT_small.dcm"))
    dataset[keyword]._value = "../../../evil"
    dataset.save_as(tmp_path / "a.dcm")

    for to in ("png", "nifti"):
        (outcome,) = converted(tmp_path / "a.dcm", out=tmp_path / "out", to=to)
        assert outcome.reason == "a UID of it is missing or none"
    assert list(tmp_path.parent.glob("*evil*")) == []


def test_what_is_asked_for_must_fit_what_is_there(tmp_path: Path) -> None:
    picture = laid(tmp_path / "in", a=encoded(noise(4, 4)))

    assert "only DICOM becomes png" in converted(picture, out=tmp_path / "out", to="png")[0].reason
    assert "DICOM already" in converted(sample("CT_small.dcm"), out=tmp_path / "out", to="dicom")[0].reason
