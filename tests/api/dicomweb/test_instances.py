"""WADO-RS instances: the file as it came, or as Explicit VR Little Endian."""

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from radquarry.dicom.jpeg_of_12_bits import add_jpeg_of_12_bits
from tests.api.dicomweb.archived import EXPLICIT, ROOT, SAMPLES, parts, sample, slice_of, usable_samples, written
from tests.api.gateway import Gateway, a_problem

pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:pydicom"), pytest.mark.timeout(300)]

UNDECODABLE = {"JPEG2000-embedded-sequence-delimiter.dcm"}
"""A codestream that is broken."""
ODD = {"MR_truncated.dcm", "rtplan_truncated.dcm", "badVR.dcm"}
STORED = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}


async def test_every_file_comes_back_byte_for_byte(gateway: Gateway, tmp_path: Path) -> None:
    for name in usable_samples():
        file = sample(tmp_path, name)
        syntax = dcmread(file.path, stop_before_pixels=True).file_meta.TransferSyntaxUID

        for headers in (STORED, {"Accept": 'multipart/related; type="application/dicom"'}, {"Accept": "*/*"}):
            ((head, content),) = parts(await gateway.client.get(file.address, headers=headers))
            assert content == (SAMPLES / name).read_bytes(), name
            assert head["Content-Type"] == f"application/dicom; transfer-syntax={syntax}"
            assert head["Content-Location"] == file.address


async def test_every_decodable_file_can_be_had_as_explicit_little_endian(gateway: Gateway, tmp_path: Path) -> None:
    add_jpeg_of_12_bits()
    decoded = 0
    for name in usable_samples():
        if name in UNDECODABLE | ODD:
            continue
        file = sample(tmp_path, name)
        ((head, content),) = parts(await gateway.client.get(file.address, headers=EXPLICIT))
        made, stored = dcmread(io.BytesIO(content)), dcmread(file.path)

        assert head.get_param("transfer-syntax") == made.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
        assert made.SOPInstanceUID == stored.SOPInstanceUID == made.file_meta.MediaStorageSOPInstanceUID
        lost = {*stored.keys()} - {*made.keys()}
        assert {tag for tag in lost if tag.element != 0} <= {0x7FE00001, 0x7FE00002}, name
        if "PixelData" in stored:
            assert np.array_equal(made.pixel_array, stored.pixel_array), name
            decoded += 1
    assert decoded > 40


async def test_what_cannot_be_decoded_is_refused_before_the_answer_begins(gateway: Gateway, tmp_path: Path) -> None:
    for name in UNDECODABLE:
        file = sample(tmp_path, name)
        a_problem(await gateway.client.get(file.address, headers=EXPLICIT), 406, "not-decodable")


async def test_a_series_and_a_study_come_in_one_answer(gateway: Gateway, tmp_path: Path) -> None:
    files = [written(tmp_path, slice_of(1, series, number)) for series in (1, 2) for number in (1, 2)]

    study = parts(await gateway.client.get(f"{ROOT}/studies/1.2.1", headers=STORED))
    series = parts(await gateway.client.get(f"{ROOT}/studies/1.2.1/series/1.2.1.2", headers=STORED))

    assert [content for _, content in study] == [file.path.read_bytes() for file in files]
    assert [head["Content-Location"] for head, _ in series] == [file.address for file in files[2:]]


async def test_a_file_that_cannot_be_read_can_still_be_had_as_it_is(gateway: Gateway, tmp_path: Path) -> None:
    file = written(tmp_path, slice_of(1))
    file.path.write_bytes(b"\0" * 132)

    ((head, content),) = parts(await gateway.client.get(file.address, headers=STORED))

    assert (head["Content-Type"], content) == ("application/dicom", b"\0" * 132)
    a_problem(await gateway.client.get(file.address, headers=EXPLICIT), 500, "unreadable-instance")


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
async def test_a_transfer_syntax_that_is_no_uid_becomes_no_header(gateway: Gateway, tmp_path: Path) -> None:
    file = written(tmp_path, slice_of(1))
    odd = file.path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.8\r\nX-Evil: yes12", 1)
    file.path.write_bytes(odd)

    ((head, content),) = parts(await gateway.client.get(file.address, headers=STORED))

    assert (head["Content-Type"], head["X-Evil"], content) == ("application/dicom", None, odd)


@pytest.mark.parametrize(
    "accept", ["application/json", 'multipart/related; type="application/octet-stream"',
               'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90']
)  # fmt: skip
async def test_a_form_that_cannot_be_given_is_refused(gateway: Gateway, tmp_path: Path, accept: str) -> None:
    file = written(tmp_path, slice_of(1))

    a_problem(await gateway.client.get(file.address, headers={"Accept": accept}), 406, "not-acceptable")
