"""WADO-RS frames: the bytes as they lie in the file, or the pixels, whatever the transfer syntax."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.api.dicomweb.archived import AS_STORED, NATIVE, parts, sample, slice_of, written
from tests.api.gateway import Gateway, a_problem

pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]

COMPRESSED = {
    "SC_rgb_jpeg_dcmtk.dcm": "image/jpeg",
    "JPEG-lossy.dcm": "image/jpeg",
    "SC_rgb_jpeg_gdcm.dcm": "image/jpeg",
    "MR_small_jpeg_ls_lossless.dcm": "image/jls",
    "MR_small_jp2klossless.dcm": "image/jp2",
    "JPEG2000.dcm": "image/jp2",
    "MR_small_RLE.dcm": "image/dicom-rle",
    "SC_rgb_rle_2frame.dcm": "image/dicom-rle",
    "examples_ybr_color.dcm": "image/jpeg",
}
PLAIN = [
    "CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "SC_rgb_small_odd.dcm", "rtdose.dcm",
    "rtdose_expb.dcm", "image_dfl.dcm", "examples_palette.dcm", "liver_1frame.dcm", "SC_rgb_small_odd_big_endian.dcm",
]  # fmt: skip
DECODED = ["SC_rgb_jpeg_gdcm.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm", "MR_small_RLE.dcm",
           "SC_rgb_rle_16bit_2frame.dcm", "rtdose_rle.dcm"]  # fmt: skip


async def test_a_compressed_frame_comes_as_it_is_stored(gateway: Gateway, tmp_path: Path) -> None:
    for name, media in COMPRESSED.items():
        file = sample(tmp_path, name)
        data = dcmread(file.path)
        count = int(data.get("NumberOfFrames") or 1)
        stored = list(generate_frames(data.PixelData, number_of_frames=count))
        numbers = ",".join(str(number + 1) for number in range(count))

        found = parts(await gateway.client.get(f"{file.address}/frames/{numbers}", headers=AS_STORED))

        assert [content for _, content in found] == stored, name
        for number, (head, _) in enumerate(found, 1):
            assert head.get_content_type() == media
            assert head.get_param("transfer-syntax") == data.file_meta.TransferSyntaxUID
            assert head["Content-Location"] == f"{file.address}/frames/{number}"
        own = {"Accept": f'multipart/related; type="{media}"'}
        assert parts(await gateway.client.get(f"{file.address}/frames/1", headers=own))[0][1] == stored[0]


async def test_a_native_frame_is_little_endian_and_nothing_else(gateway: Gateway, tmp_path: Path) -> None:
    for name in PLAIN:
        file = sample(tmp_path, name)
        data = dcmread(file.path)
        pixels = data.pixel_array[None] if int(data.get("NumberOfFrames") or 1) == 1 else data.pixel_array
        at = f"{file.address}/frames/{len(pixels)}"

        for accept in (AS_STORED, NATIVE, {"Accept": "*/*"}):
            (head, content), *others = parts(await gateway.client.get(at, headers=accept))
            assert (head.get_content_type(), others) == ("application/octet-stream", [])
            assert head.get_param("transfer-syntax") == "1.2.840.10008.1.2.1"
            if data.BitsAllocated == 1:
                bits = np.unpackbits(np.frombuffer(content, "u1"), bitorder="little")
                assert np.array_equal(bits, pixels[-1].ravel()), name
            else:
                assert content == pixels[-1].astype(pixels.dtype.newbyteorder("<")).tobytes(), name


async def test_a_compressed_frame_is_decoded_for_who_takes_nothing_else(gateway: Gateway, tmp_path: Path) -> None:
    for name in DECODED:
        file = sample(tmp_path, name)
        data = dcmread(file.path)
        pixels = data.pixel_array if int(data.get("NumberOfFrames") or 1) > 1 else data.pixel_array[None]

        (head, content), *_ = parts(await gateway.client.get(f"{file.address}/frames/{len(pixels)}", headers=NATIVE))

        assert head["Content-Type"] == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
        assert content == pixels[-1].tobytes(), name


async def test_frames_are_found_by_either_table_and_without_one(gateway: Gateway, tmp_path: Path) -> None:
    images = [b"\xff\x4f\xff\x51" + bytes([number]) * (500 + 2 * number) for number in range(5)]
    extended, offsets, lengths = encapsulate_extended(images)
    one = {"NumberOfFrames": 5}
    kinds = {
        1: one | {"PixelData": encapsulate(images, has_bot=True)},
        2: one | {"PixelData": encapsulate(images, has_bot=False)},
        3: one | {"PixelData": extended, "ExtendedOffsetTable": offsets, "ExtendedOffsetTableLengths": lengths},
        4: one | {"PixelData": encapsulate(images, fragments_per_frame=3, has_bot=True)},
        5: one | {"PixelData": encapsulate(images, fragments_per_frame=3, has_bot=False)},
        6: one | {"PixelData": extended, "ExtendedOffsetTable": b"\7" * 40, "ExtendedOffsetTableLengths": lengths},
    }
    for number, changes in kinds.items():
        data = slice_of(number, **changes)
        data.file_meta.TransferSyntaxUID = JPEG2000Lossless
        data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True
        file = written(tmp_path, data)

        found = parts(await gateway.client.get(f"{file.address}/frames/5,1,3", headers=AS_STORED))

        assert [content for _, content in found] == [images[4], images[0], images[2]], number


async def test_one_bit_frames_begin_with_a_byte_of_their_own(gateway: Gateway, tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 2, (5, 3, 7), dtype=np.uint8)
    packed = np.packbits(pixels.ravel(), bitorder="little").tobytes()
    changes = {"Rows": 3, "Columns": 7, "BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "NumberOfFrames": 5}
    file = written(tmp_path, slice_of(1, PixelData=packed, **changes))

    found = parts(await gateway.client.get(f"{file.address}/frames/1,2,3,4,5", headers=NATIVE))

    for wanted, (_, content) in zip(pixels, found, strict=True):
        bits = np.unpackbits(np.frombuffer(content, "u1"), bitorder="little")
        assert len(content) == 3
        assert np.array_equal(bits[:21], wanted.ravel())
        assert not bits[21:].any()


@pytest.mark.parametrize("number", ["0", "3", "1,3", "x", "1,,2", "99999999", "-1", ",".join(["1"] * 20_000)])
async def test_a_frame_that_is_not_there_is_unknown(gateway: Gateway, tmp_path: Path, number: str) -> None:
    file = sample(tmp_path, "SC_rgb_rle_2frame.dcm")

    a_problem(await gateway.client.get(f"{file.address}/frames/{number}", headers=AS_STORED), 404, "unknown-frame")


async def test_pixels_that_end_too_early_are_no_frame(gateway: Gateway, tmp_path: Path) -> None:
    file = sample(tmp_path, "MR_truncated.dcm")
    walked = slice_of(1, NumberOfFrames=2, PixelData=encapsulate([b"a" * 100, b"b" * 100], has_bot=False))
    walked.file_meta.TransferSyntaxUID = RLELossless
    walked["PixelData"].VR, walked["PixelData"].is_undefined_length = "OB", True
    cut = written(tmp_path, walked)
    cut.path.write_bytes(cut.path.read_bytes()[:-60])

    a_problem(await gateway.client.get(f"{file.address}/frames/1", headers=AS_STORED), 500, "unreadable-instance")
    a_problem(await gateway.client.get(f"{cut.address}/frames/1", headers=AS_STORED), 500, "unreadable-instance")


@pytest.mark.parametrize(
    "accept", ["text/html", 'multipart/related; type="image/jls"', 'multipart/related; type="application/dicom"',
               'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.4.90']
)  # fmt: skip
async def test_a_form_that_cannot_be_given_is_refused(gateway: Gateway, tmp_path: Path, accept: str) -> None:
    file = sample(tmp_path, "MR_small_RLE.dcm")

    answer = await gateway.client.get(f"{file.address}/frames/1", headers={"Accept": accept})

    assert "image/dicom-rle" in a_problem(answer, 406, "not-acceptable")["detail"]


async def test_an_instance_without_pixels_says_so(gateway: Gateway, tmp_path: Path) -> None:
    file = sample(tmp_path, "test-SR.dcm")

    a_problem(await gateway.client.get(f"{file.address}/frames/1"), 404, "no-pixels")
