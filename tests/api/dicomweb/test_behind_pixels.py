"""What stands behind the pixels of a file is an attribute like any other; the pixels are skipped, not read."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, FileDataset, dcmread, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.behind_pixels import read_whole
from tests.api.dicomweb.archived import EXPLICIT, SAMPLES, Kept, parts, sample, slice_of, written
from tests.api.gateway import Gateway, a_problem

pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]

LONG = b"z" * 100_000
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def signed(**changes: object) -> FileDataset:
    """A slice with a private group, signatures and padding behind its pixels."""
    data = slice_of(7, **changes)
    block = data.private_block(0x7FE1, "MAKER 1.0", create=True)
    block.add_new(0x01, "OB", LONG)
    block.add_new(0x02, "LO", "Zeichen Ü")
    signature = Dataset()
    signature.MACIDNumber, signature.DigitalSignatureUID = 1, "1.2.3.4"
    signature.Signature = b"s" * 70_000
    data.DigitalSignaturesSequence = [signature]
    data.DataSetTrailingPadding = b"\0" * 12
    return data


def encoded(data: Dataset) -> bytes:
    """Explicit VR, little endian."""
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    write_dataset(out, data)
    return out.getvalue()


def kept_as(folder: Path, syntax: str) -> Kept:
    """The same in another transfer syntax; RLE has two fragments of a picture of one grey."""
    data = signed()
    data.file_meta.TransferSyntaxUID = syntax
    if syntax == RLELossless:
        data.NumberOfFrames = 2
        data.PixelData = encapsulate([dcmread(SAMPLES / "MR_small_RLE.dcm").PixelData[16:]] * 2)
        data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True
    place = written(folder, slice_of(7))
    little, implicit = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    dcmwrite(place.path, data, little_endian=little, implicit_vr=implicit, enforce_file_format=True)
    return place


@pytest.mark.parametrize("syntax", [*SYNTAXES, RLELossless])
async def test_attributes_behind_the_pixels_are_in_the_metadata(gateway: Gateway, tmp_path: Path, syntax: str) -> None:
    file = kept_as(tmp_path, syntax)

    answer = await gateway.client.get(f"{file.address}/metadata")
    (model,) = answer.json()
    bulk = await gateway.client.get(f"{file.address}/bulkdata/7FE11001", headers={"Accept": "application/octet-stream"})

    assert "warning" not in answer.headers
    assert [*model] == sorted(model)
    assert model["7FE10010"]["Value"] == ["MAKER 1.0"]
    assert model["FFFAFFFA"]["Value"][0]["04000100"]["Value"] == ["1.2.3.4"]
    assert model["FFFCFFFC"]["vr"] == "OB"
    assert bulk.content == LONG
    if syntax != ImplicitVRLittleEndian:  # there a private attribute has no VR
        assert model["7FE11002"] == {"vr": "LO", "Value": ["Zeichen Ü"]}


@pytest.mark.parametrize("syntax", SYNTAXES)
async def test_attributes_behind_the_pixels_stay_when_an_instance_is_written_anew(
    gateway: Gateway, tmp_path: Path, syntax: str
) -> None:
    file = kept_as(tmp_path, syntax)

    ((_, content),) = parts(await gateway.client.get(file.address, headers=EXPLICIT))
    made, stored = dcmread(io.BytesIO(content)), dcmread(file.path)

    assert {*made.keys()} == {*stored.keys()}
    assert made[0x7FE11001].value == LONG
    assert made.DigitalSignaturesSequence[0].Signature == b"s" * 70_000
    assert made.pixel_array.tolist() == stored.pixel_array.tolist()


async def test_compressed_pixels_are_decoded_before_what_follows_them(gateway: Gateway, tmp_path: Path) -> None:
    file = sample(tmp_path, "MR_small_RLE.dcm")
    data = dcmread(file.path)
    data.private_block(0x7FE1, "MAKER 1.0", create=True).add_new(0x02, "LO", "behind")
    data.save_as(file.path)

    ((_, content),) = parts(await gateway.client.get(file.address, headers=EXPLICIT))

    made = dcmread(io.BytesIO(content))
    assert made[0x7FE11002].value == "behind"
    assert made.pixel_array.tolist() == data.pixel_array.tolist()


async def test_attributes_behind_the_pixels_can_be_searched(gateway: Gateway, tmp_path: Path) -> None:
    file = kept_as(tmp_path, ExplicitVRLittleEndian)
    path = f"{file.address.rpartition('/instances')[0]}/instances"

    (row,) = (
        await gateway.client.get(path, params={"FFFAFFFA.04000100": "1.2.3.4", "includefield": "7FE00010"})
    ).json()
    none = await gateway.client.get(path, params={"FFFAFFFA.04000100": "1.2.3.5"})

    assert row["7FE00010"] == {"vr": "OW", "BulkDataURI": f"{file.address}/bulkdata/7FE00010"}
    assert none.status_code == 204


def test_bytes_of_zero_at_the_end_are_no_loss(tmp_path: Path) -> None:
    file = written(tmp_path, signed())
    with file.path.open("ab") as stream:
        stream.write(b"\0" * 1001)

    header = read_whole(InstanceFile("1.2.7", "1.2.7.1", "1.2.7.1.1", file.path))

    assert header.is_whole
    assert {*header.dataset.keys()} == {*dcmread(file.path).keys()} - {0x7FE00010, 0}


@pytest.mark.parametrize(
    "behind", [b"\x12\x34" * 50, b"\xe1\x7f\x10\0LO\xff\xff", b"\xe1\x7f\x10\0OB\0\0\xff\xff\xff\x7fxx", b"x"]
)
def test_what_is_no_data_set_behind_the_pixels_is_not_passed_over(tmp_path: Path, behind: bytes) -> None:
    file = written(tmp_path, slice_of(7))
    with file.path.open("ab") as stream:
        stream.write(behind)

    header = read_whole(InstanceFile("1.2.7", "1.2.7.1", "1.2.7.1.1", file.path))

    assert not header.is_whole
    assert header.dataset.PatientID == "P7"
    assert all(0x00080000 <= tag < 0x7FE00010 for tag in header.dataset.keys())  # noqa: SIM118 - a data set yields elements


@given(st.binary(max_size=200), st.integers(0, 300))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_behind_the_pixels_the_rest_is_read(tmp_path: Path, behind: bytes, cut: int) -> None:
    file = written(tmp_path, slice_of(7))
    content = file.path.read_bytes()
    kept_bytes = content[: len(content) - cut] if cut < 40 else content
    file.path.write_bytes(kept_bytes + behind)

    header = read_whole(InstanceFile("1.2.7", "1.2.7.1", "1.2.7.1.1", file.path))

    assert header.dataset.PatientID == "P7"
    assert not {tag for tag in header.dataset.keys() if tag < 0x00080000}  # noqa: SIM118 - a data set yields elements
    if kept_bytes == content and not behind.strip(b"\0"):
        assert header.is_whole
    if cut in range(1, 40) and not behind:
        assert not header.is_whole


async def test_a_file_that_is_cut_at_any_place_says_so(gateway: Gateway, tmp_path: Path) -> None:
    file = kept_as(tmp_path, ImplicitVRLittleEndian)
    whole = file.path.read_bytes()
    head = 132 + 12 + int.from_bytes(whole[140:144], "little")

    for end in (*range(head + 30, 700, 41), len(whole) - 90_000, len(whole) - 75_000, len(whole) - 1):
        file.path.write_bytes(whole[:end])
        for path, headers in (("/metadata", {}), ("", {"Accept": "multipart/related; type=application/dicom"})):
            answer = await gateway.client.get(f"{file.address}{path}", headers=headers)
            assert answer.status_code == 200, end
            assert "break off" in answer.headers["warning"], end
        a_problem(await gateway.client.get(file.address, headers=EXPLICIT), 500, "unreadable-instance")
    file.path.write_bytes(whole)
    assert "warning" not in (await gateway.client.get(f"{file.address}/metadata")).headers


def test_who_is_said_again_behind_the_pixels_is_not_believed(tmp_path: Path) -> None:
    place = written(tmp_path, slice_of(7))
    again = Dataset()
    again.PatientName, again.StudyInstanceUID = "Evil^Name", "9.9.9"
    before = dcmread(place.path)
    with place.path.open("ab") as file:
        file.write(encoded(again))

    header = read_whole(InstanceFile("1.2.7", "1.2.7.1", "1.2.7.1.1", place.path))

    assert (header.dataset.PatientName, header.dataset.StudyInstanceUID) == (
        before.PatientName,
        before.StudyInstanceUID,
    )
    assert not header.is_whole


def test_zeros_that_fill_a_block_are_no_attributes(tmp_path: Path) -> None:
    place = written(tmp_path, slice_of(7))
    with place.path.open("ab") as file:
        file.write(bytes(4_000_000))

    header = read_whole(InstanceFile("1.2.7", "1.2.7.1", "1.2.7.1.1", place.path))

    assert header.is_whole
    assert all(tag >= 0x00080000 for tag in header.dataset.keys())  # noqa: SIM118 - a data set yields elements
