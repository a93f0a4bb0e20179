"""Volumes in two files: a header and its voxels beside each other are one volume, and half of one is none."""

import gzip
import io
import shutil
import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exporter.conversion.making import AFFINES, converted, datasets, encoded, laid, nifti, noise

VOLUME = noise(9, 7, 5, dtype=np.int16)
PLACE = AFFINES["flipped in every axis"]
"""The same in single and in double precision."""


def halves(kind: type[nibabel.Nifti1Pair] = nibabel.Nifti1Pair, voxels=VOLUME) -> tuple[bytes, bytes]:
    """A header and its voxels."""
    image = kind(voxels, PLACE)
    image.header.set_xyzt_units("mm")
    parts = image.make_file_map({"header": io.BytesIO(), "image": io.BytesIO()})
    image.to_file_map(parts)
    return parts["header"].fileobj.getvalue(), parts["image"].fileobj.getvalue()


HEADER, VOXELS = halves()


def written(folder: Path) -> list[tuple[list[str], bytes]]:
    return [([*each.ImagePositionPatient], each.PixelData) for each in datasets(folder)]


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[str], bytes]]:
    """The same volume out of one file."""
    folder = tmp_path_factory.mktemp("one")
    converted(laid(folder / "in", a__nii=nifti(VOLUME, PLACE)), out=folder / "out")
    return written(folder / "out")


@pytest.mark.parametrize("kind", [nibabel.Nifti1Pair, nibabel.Nifti2Pair])
@pytest.mark.parametrize("is_packed", [(False, False), (True, True), (False, True), (True, False)])
def test_a_pair_is_the_volume_that_one_file_is(kind, is_packed: tuple[bool, bool], wanted, tmp_path: Path) -> None:
    names = [f"a__{end}__gz" if packed else f"a__{end}" for end, packed in zip(("hdr", "img"), is_packed, strict=True)]
    files = [gzip.compress(half) if packed else half for half, packed in zip(halves(kind), is_packed, strict=True)]

    outcomes = converted(laid(tmp_path / "in", **dict(zip(names, files, strict=True))), out=tmp_path / "out")

    assert [(each.name, each.state, each.files) for each in outcomes] == [
        (name.replace("__", "."), "converted", 5) for name in names
    ]
    assert outcomes[0].path == outcomes[1].path
    assert written(tmp_path / "out") == wanted


def test_a_pair_in_a_zip_and_two_files_that_are_named_are_one_volume(wanted, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("deep/A.IMG", VOXELS)
        archive.writestr("deep/A.HDR", HEADER)
    folder = laid(tmp_path / "in", a__hdr=HEADER, a__img=VOXELS)

    for number, given_files in enumerate(([tmp_path / "in.zip"], [folder / "a.img", folder / "a.hdr"])):
        outcomes = converted(*given_files, out=tmp_path / f"{number}")
        assert [each.state for each in outcomes] == ["converted"] * 2
        assert written(tmp_path / f"{number}") == wanted


def test_each_header_has_its_own_voxels_and_folders_are_told_apart(tmp_path: Path) -> None:
    other = halves(voxels=noise(9, 7, 5, dtype=np.int16, seed=3))
    laid(tmp_path / "in" / "one", a__hdr=HEADER, a__img=VOXELS, b__hdr=other[0], b__img=other[1])
    laid(tmp_path / "in" / "two", c__hdr=HEADER)
    laid(tmp_path / "in" / "three", c__img=VOXELS)

    outcomes = {each.name: each for each in converted(tmp_path / "in", out=tmp_path / "out")}

    assert [outcomes[f"one/{name}"].state for name in ("a.hdr", "a.img", "b.hdr", "b.img")] == ["converted"] * 4
    assert outcomes["one/a.hdr"].path != outcomes["one/b.hdr"].path
    assert "which is not beside it" in outcomes["two/c.hdr"].reason
    assert outcomes["three/c.img"].reason == (
        "it may be the voxels of a volume: a header, a file of the same name with .hdr, is not beside it"
    )


def test_voxels_that_may_be_two_files_are_refused(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a__hdr=HEADER, a__img=VOXELS, a__img__gz=gzip.compress(VOXELS))

    outcomes = converted(folder, out=tmp_path / "out")

    assert [each.state for each in outcomes] == ["refused"] * 3
    assert "or there are two" in outcomes[0].reason


def test_what_happens_to_a_header_happens_to_its_voxels(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a__hdr=HEADER, a__img=VOXELS[:-1], b__png=encoded(noise(4, 4)))

    header, voxels, picture = converted(folder, out=tmp_path / "out")

    assert (header.state, header.reason) == ("refused", "it is cut, or larger than can be converted")
    assert (voxels.state, voxels.reason) == (header.state, header.reason)
    assert picture.state == "converted"


def test_other_voxels_are_another_series_and_the_same_ones_are_repeated(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a__hdr=HEADER, a__img=VOXELS)
    converted(folder, out=tmp_path / "out")
    assert {each.state for each in converted(folder, out=tmp_path / "out")} == {"repeated"}

    laid(folder, a__img=VOXELS[::-1])

    assert {each.state for each in converted(folder, out=tmp_path / "out")} == {"converted"}


@pytest.mark.parametrize("order", ["<", ">"])
def test_analyze_is_refused_with_its_reason(order: str, tmp_path: Path) -> None:
    header = nibabel.AnalyzeHeader(endianness=order)
    header.set_data_shape(VOLUME.shape)
    header.set_data_dtype(np.int16)
    folder = laid(tmp_path / "in", a__hdr=header.binaryblock, a__img=VOXELS, b__hdr=header.binaryblock)

    outcomes = converted(folder, out=tmp_path / "out")

    assert {each.reason for each in outcomes} == {
        "it is Analyze 7.5, which does not say how it lies in the patient: left and right are unknown"
    }


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_pair_is_converted_or_refused_in_our_words(data, tmp_path: Path) -> None:
    files = [bytearray(HEADER), bytearray(gzip.compress(VOXELS, mtime=0))]
    for _ in range(data.draw(st.integers(1, 4))):
        half = files[data.draw(st.integers(0, 1))]
        half[data.draw(st.integers(0, len(half) - 1))] = data.draw(st.integers(0, 255))
    header, voxels = (bytes(half[: data.draw(st.integers(1, len(half)))]) for half in files)
    shutil.rmtree(tmp_path / "out", ignore_errors=True)

    outcomes = converted(laid(tmp_path / "in", a__hdr=header, a__img__gz=voxels), out=tmp_path / "out", given={})

    assert len(outcomes) == 2
    assert not any("fault in radquarry" in each.reason for each in outcomes)
