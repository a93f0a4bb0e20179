"""NIfTI to DICOM and, by dcm2niix, back: the same values at the same places."""

import gzip
import subprocess
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom import dcmread

from tests.exporter.conversion.making import (
    AFFINES,
    AXIAL,
    WHO,
    converted,
    datasets,
    encoded,
    errors_in,
    laid,
    needs_dcm2niix,
    needs_verifier,
    nifti,
    noise,
)

OBLIQUE = AFFINES["oblique"]
VOLUME = noise(9, 7, 5, dtype=np.int16)
FOUR = noise(6, 5, 4, 3, dtype=np.uint16)
REAL = np.random.default_rng(4).normal(0, 300, (9, 7, 5)).astype(np.float32)


def to_dicom(data: bytes, folder: Path, modality: str = "MR"):
    given = {**WHO, "Modality": modality}
    (outcome,) = converted(laid(folder / "in", brain=data), out=folder / "dicom", given=given)
    return outcome


def back(folder: Path):
    """By dcm2niix alone."""
    (folder / "back").mkdir()
    command = ["dcm2niix", "-z", "n", "-i", "n", "-f", "image", "-o", folder / "back", folder / "dicom"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    (path,) = (folder / "back").glob("*.nii")
    return nibabel.load(path)


def same_places(one, other, most: float = 0.0) -> None:
    """Both turned to RAS without interpolation."""
    first, second = nibabel.as_closest_canonical(one), nibabel.as_closest_canonical(other)
    assert first.shape == second.shape
    assert np.allclose(first.affine, second.affine, atol=2e-5)
    assert np.abs(np.asarray(first.dataobj).astype(float) - np.asarray(second.dataobj)).max() <= most


@needs_dcm2niix
@pytest.mark.parametrize("name", AFFINES)
def test_every_voxel_comes_back_to_its_place(name: str, tmp_path: Path) -> None:
    data = nifti(VOLUME, AFFINES[name], packed=True)

    outcome = to_dicom(data, tmp_path)

    assert (outcome.state, outcome.files, outcome.notes) == ("converted", 5, ())
    same_places(nibabel.Nifti1Image(VOLUME, AFFINES[name]), back(tmp_path))


@needs_dcm2niix
@pytest.mark.parametrize("modality", ["MR", "CT", "OT"])
def test_a_volume_of_dcm2niix_comes_back_voxel_for_voxel(modality: str, tmp_path: Path) -> None:
    to_dicom(nifti(VOLUME, AXIAL), tmp_path, modality)

    again = back(tmp_path)

    assert np.allclose(again.affine, AXIAL, atol=2e-5)
    assert (np.asarray(again.dataobj) == VOLUME).all()


@needs_dcm2niix
@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint16, np.int32, np.uint32, np.int64])
def test_whole_numbers_come_back_exactly(kind: type, tmp_path: Path) -> None:
    voxels = noise(6, 5, 4, dtype=np.uint8).astype(kind) if np.dtype(kind).itemsize > 2 else noise(6, 5, 4, dtype=kind)
    image = nibabel.Nifti1Image(voxels, OBLIQUE, dtype=kind)

    assert to_dicom(image.to_bytes(), tmp_path).notes == ("it names no unit of length: mm is taken",)
    same_places(image, back(tmp_path))


@needs_dcm2niix
def test_the_scaling_of_the_file_is_kept(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(VOLUME, OBLIQUE)
    image.header.set_slope_inter(0.25, -1024)
    image.header.set_xyzt_units("mm")
    data = bytearray(image.to_bytes())
    data[112:120] = np.array([0.25, -1024], "<f4").tobytes()

    assert to_dicom(bytes(data), tmp_path, "CT").notes == ()

    same_places(nibabel.Nifti1Image(VOLUME * 0.25 - 1024, OBLIQUE), back(tmp_path))


@needs_dcm2niix
def test_other_numbers_come_back_within_half_a_step_which_is_said(tmp_path: Path) -> None:
    outcome = to_dicom(nifti(REAL, OBLIQUE), tmp_path)

    step = float(dcmread(next((tmp_path / "dicom").rglob("*.dcm"))).RescaleSlope)
    assert outcome.notes == (f"values that are no whole numbers are rounded to steps of {step:.3g}",)
    same_places(nibabel.Nifti1Image(REAL, OBLIQUE), back(tmp_path), step * 0.51)


@needs_dcm2niix
@pytest.mark.parametrize("modality", ["MR", "CT", "OT"])
def test_times_come_back_in_their_order(modality: str, tmp_path: Path) -> None:
    to_dicom(nifti(FOUR, OBLIQUE, seconds=2.5), tmp_path, modality)

    again = back(tmp_path)

    same_places(nibabel.Nifti1Image(FOUR, OBLIQUE), again)
    assert again.header["pixdim"][4] == 2.5
    found = datasets(tmp_path / "dicom")
    assert [int(each.TemporalPositionIdentifier) for each in found] == [1] * 4 + [2] * 4 + [3] * 4
    assert {(int(each.NumberOfTemporalPositions), int(each.TemporalResolution)) for each in found} == {(3, 2500)}


@needs_verifier
def test_no_kind_of_volume_has_an_error(tmp_path: Path) -> None:
    for modality in ("MR", "CT", "PT", "OT"):
        for number, data in enumerate((nifti(VOLUME, OBLIQUE), nifti(FOUR, OBLIQUE, seconds=1), nifti(REAL, OBLIQUE))):
            to_dicom(data, tmp_path / f"{modality}{number}", modality)

    counts = errors_in(tmp_path)

    assert len(counts) == 3
    assert set(counts.values()) == {0}


def test_metres_become_millimetres(tmp_path: Path) -> None:
    affine = np.diag([0.001, 0.001, 0.002, 1])
    image = nibabel.Nifti1Image(VOLUME, affine)
    image.header.set_xyzt_units("meter")

    to_dicom(image.to_bytes(), tmp_path)

    first = datasets(tmp_path / "dicom")[0]
    assert [*first.PixelSpacing, first.SpacingBetweenSlices] == pytest.approx([1, 1, 2])


def test_big_endian_nifti_2_and_gzip_in_parts_are_read(tmp_path: Path) -> None:
    little = nibabel.Nifti1Image(VOLUME, AXIAL)
    big = nibabel.Nifti1Image(VOLUME, AXIAL, little.header.as_byteswapped(">"))
    two = nibabel.Nifti2Image(VOLUME, AXIAL)

    parts = gzip.compress(two.to_bytes()[:700]) + gzip.compress(two.to_bytes()[700:]) + bytes(99)

    for number, data in enumerate((little.to_bytes(), big.to_bytes(), two.to_bytes(), parts)):
        assert to_dicom(data, tmp_path / f"{number}").state == "converted"

    pixels = [[each.pixel_array.tolist() for each in datasets(tmp_path / f"{number}" / "dicom")] for number in range(4)]
    assert pixels[0] == pixels[1] == pixels[2] == pixels[3]


def test_two_affines_that_differ_are_said_and_none_is_refused(tmp_path: Path) -> None:
    both = nibabel.Nifti1Image(VOLUME, AXIAL)
    both.header.set_xyzt_units("mm")
    both.header.set_qform(np.diag([1.0, 1, 1, 1]), code=1)
    none = nibabel.Nifti1Image(VOLUME, None)

    said = to_dicom(both.to_bytes(), tmp_path / "a")
    refused = to_dicom(none.to_bytes(), tmp_path / "b")

    assert said.notes == ("its qform says another place than its sform, which is taken",)
    assert "left and right are unknown" in refused.reason


@pytest.mark.parametrize(
    ("voxels", "words"),
    [
        (np.zeros((2, 2, 2, 1, 2), np.int16), "more than four axes"),
        (np.zeros((2, 2, 2), np.complex64), "complex"),
        (np.array([[[0, 70000]]], np.int32), "more than 16 bits"),
        (np.array([[[0.5, np.nan]]], np.float32), "no numbers"),
        (np.zeros((2, 70000, 1), np.uint8), "along a side"),
    ],
)
def test_what_cannot_be_exact_is_refused_with_the_reason(voxels, words: str, tmp_path: Path) -> None:
    image = nibabel.Nifti2Image(voxels, AXIAL)

    outcome = to_dicom(image.to_bytes(), tmp_path)

    assert outcome.state == "refused"
    assert words in outcome.reason
    assert list((tmp_path / "dicom").rglob("*.dcm")) == []


def test_a_volume_and_a_picture_of_one_folder_are_series_of_one_study(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a=nifti(VOLUME, AXIAL), b=encoded(noise(4, 4)), c=nifti(FOUR, AXIAL))

    converted(folder, out=tmp_path / "out")

    found = datasets(tmp_path / "out")
    assert len({each.StudyInstanceUID for each in found}) == 1
    assert len({each.SeriesInstanceUID for each in found}) == 3
    assert {int(each.SeriesNumber) for each in found} == {1, 2, 3}
