"""Volumes in colours: every voxel at its place, nothing rounded, nothing see-through."""

import subprocess
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.exporter.conversion.making import (
    AFFINES,
    WHO,
    converted,
    datasets,
    errors_in,
    laid,
    needs_dcm2niix,
    needs_verifier,
    nifti,
    noise,
)

RGB = np.dtype([(name, "u1") for name in "RGB"])
RGBA = np.dtype([(name, "u1") for name in "RGBA"])


def colours(*shape: int, kind: np.dtype = RGB):
    """Noise in each sample; opaque."""
    samples = noise(*shape, len(kind), seed=len(shape))
    samples[..., 3:] = 255
    return samples.view(kind)[..., 0]


def to_dicom(voxels, folder: Path, name: str = "oblique", modality: str = "MR"):
    given = {**WHO, "Modality": modality}
    (outcome,) = converted(laid(folder / "in", a=nifti(voxels, AFFINES[name])), out=folder / "dicom", given=given)
    return outcome


@needs_dcm2niix
@pytest.mark.parametrize("name", AFFINES)
def test_every_colour_comes_back_to_its_place(name: str, tmp_path: Path) -> None:
    voxels = colours(9, 7, 5)

    outcome = to_dicom(voxels, tmp_path, name)

    assert (outcome.state, outcome.files, outcome.notes) == ("converted", 5, ())
    (tmp_path / "back").mkdir()
    command = ["dcm2niix", "-z", "n", "-i", "n", "-f", "image", "-o", tmp_path / "back", tmp_path / "dicom"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    (path,) = (tmp_path / "back").glob("*.nii")
    again, wanted = (
        nibabel.as_closest_canonical(each) for each in (nibabel.load(path), nibabel.Nifti1Image(voxels, AFFINES[name]))
    )
    assert np.allclose(again.affine, wanted.affine, atol=2e-5)
    assert (np.asarray(again.dataobj) == np.asarray(wanted.dataobj)).all()


def test_an_opaque_fourth_sample_is_left_out_and_a_transparent_one_refused(tmp_path: Path) -> None:
    opaque = colours(3, 3, 2, kind=RGBA)
    glass = opaque.copy()
    glass["A"][1, 1, 1] = 254

    assert to_dicom(opaque, tmp_path / "opaque").state == "converted"
    refused = to_dicom(glass, tmp_path / "glass")

    first = datasets(tmp_path / "opaque" / "dicom")[0]
    assert (first.SamplesPerPixel, first.PhotometricInterpretation, first.SOPClassUID.name) == (
        3, "RGB", "Secondary Capture Image Storage")  # fmt: skip
    assert {tuple(pixel) for pixel in first.pixel_array.reshape(-1, 3)} == {
        tuple(voxel)[:3] for voxel in opaque[..., 0].ravel().tolist()
    }
    assert refused.reason == "some of its voxels are transparent, which DICOM cannot say: make RGB of it"


def test_times_of_colours_are_in_their_order(tmp_path: Path) -> None:
    voxels = colours(4, 3, 2, 3)

    to_dicom(voxels, tmp_path, "axial, other way round")

    found = datasets(tmp_path / "dicom")
    assert [int(each.TemporalPositionIdentifier) for each in found] == [1, 1, 2, 2, 3, 3]
    for number, each in enumerate(found):
        wanted = np.sort(voxels[:, :, number % 2, number // 2].ravel().view("u1").reshape(-1, 3), axis=0)
        assert (np.sort(each.pixel_array.reshape(-1, 3), axis=0) == wanted).all()


@needs_verifier
def test_no_colour_volume_has_an_error(tmp_path: Path) -> None:
    for modality in ("MR", "CT", "OT"):
        to_dicom(colours(9, 7, 5), tmp_path / modality, modality=modality)
        to_dicom(colours(5, 4, 3, 2, kind=RGBA), tmp_path / f"{modality}4", modality=modality)

    assert set(errors_in(tmp_path).values()) == {0}
