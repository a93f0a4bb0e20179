"""Every kind of pixels is read, and what cannot be cleaned is held back."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import apply_color_lut
from pydicom.uid import JPEG2000Lossless, RLELossless

from radquarry.exporter.profile.profile import Profile
from tests.exporter.pixels.captures import CLEANED, capture, deidentified
from tests.exporter.pixels.named_pictures import cone, name_is_gone, with_text

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed"),
]


@pytest.mark.parametrize(
    "kind", ["MONOCHROME1", "16 bits", "signed", "RGB", "YBR_FULL", "PALETTE COLOR", "RLE", "JPEG 2000"]
)
def test_every_kind_of_pixels_is_read(kind: str, tmp_path: Path) -> None:
    dataset, shown = _of_kind(kind, with_text(cone()))

    outcome, after = deidentified(dataset, tmp_path)

    assert after is not None, outcome
    assert name_is_gone(shown(after), shown(dataset))
    assert float((shown(after) != shown(dataset))[70:].mean()) < 0.05
    assert after.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def _of_kind(kind: str, picture: npt.NDArray[np.uint8]) -> tuple[FileDataset, Any]:
    grey = lambda dataset: dataset.pixel_array  # noqa: E731
    if kind == "MONOCHROME1":
        return capture(255 - picture, kind), lambda dataset: 255 - dataset.pixel_array
    if kind == "16 bits":
        return capture(picture.astype(np.uint16) * 200), grey
    if kind == "signed":
        return capture(picture.astype(np.int16) * 8 - 1024), grey
    if kind in ("RGB", "YBR_FULL"):
        three = np.stack([picture] * 3, axis=2)
        if kind == "YBR_FULL":
            three[..., 1:] = 128
        return capture(three, kind), lambda dataset: dataset.pixel_array[..., 0]
    if kind == "PALETTE COLOR":
        dataset = capture(picture, kind)
        for colour in (1, 2, 3):
            dataset.add_new(0x00281100 + colour, "US", [256, 0, 16])
            dataset.add_new(0x00281200 + colour, "OW", (np.arange(255, -1, -1, dtype="<u2") * 257).tobytes())
        dataset.PixelData = (255 - picture).tobytes()
        return dataset, lambda file: (apply_color_lut(file.pixel_array, file) >> 8)[..., 0]
    dataset = capture(picture)
    dataset.compress({"RLE": RLELossless, "JPEG 2000": JPEG2000Lossless}[kind], generate_instance_uid=False)
    return dataset, grey


def test_a_lossy_jpeg_says_so_afterwards(tmp_path: Path) -> None:
    dataset = dcmread(str(get_testdata_file("examples_ybr_color.dcm")))
    dataset.PatientName, dataset.PatientID = "Quarrymann^Josefine", "PID4711234"
    dataset.NumberOfFrames = 1
    dataset.PixelData = encapsulate([next(generate_frames(dataset.PixelData, number_of_frames=30))])
    for tag in (0x7FE00001, 0x7FE00002):
        if tag in dataset:
            del dataset[tag]

    outcome, after = deidentified(dataset, tmp_path)

    assert after is not None, outcome
    assert (after.LossyImageCompression, after.PhotometricInterpretation) == ("01", "RGB")
    assert float((after.pixel_array == dataset.pixel_array).mean()) > 0.5


def test_bits_that_are_not_used_leave_nothing(tmp_path: Path) -> None:
    pixels = np.full((64, 64), 0x1234, np.uint16)
    dataset = capture(pixels)
    dataset.BitsStored, dataset.HighBit = 12, 11

    _, after = deidentified(dataset, tmp_path)

    assert after is not None
    assert int(after.pixel_array.max()) == 0x0234


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"BurnedInAnnotation": "YES"}, "none was found"),
        ({"RecognizableVisualFeatures": "YES"}, "text is likely in the pixels"),
        ({"HighBit": 15, "BitsStored": 12}, "of a kind that is not read"),
    ],
)
def test_what_cannot_be_cleaned_is_held_back(change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    dataset = capture(np.full((64, 64), 100, np.uint16))
    for keyword, value in change.items():
        setattr(dataset, keyword, value)

    outcome, after = deidentified(dataset, tmp_path)

    assert (outcome.state, after) == ("held back", None)
    assert reason in outcome.reason


def test_a_picture_that_cannot_be_decoded_is_held_back(tmp_path: Path) -> None:
    twelve_bits = Path(str(get_testdata_file("JPEG-lossy.dcm"))).read_bytes()
    eleven_bits = twelve_bits.replace(b"\xff\xc1\0\x0b\x0c", b"\xff\xc1\0\x0b\x0b")

    outcome, _ = deidentified(eleven_bits, tmp_path, Profile(pixels="cleaned-all"))

    assert (outcome.state, outcome.reason) == ("held back", "its pixels cannot be decoded")


def test_without_tesseract_it_is_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    outcome, _ = deidentified(capture(cone()), tmp_path, CLEANED)

    assert outcome.reason == "text is likely in the pixels, and tesseract, which reads it, is not installed"
