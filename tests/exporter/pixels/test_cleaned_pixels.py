"""Text in pixels is blanked, the rest of the picture stays, and what cannot be cleaned is held back."""

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import apply_color_lut
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, RLELossless

from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.profile.region import Region
from tests.exporter.cleaning import ct
from tests.exporter.pixels.captures import CLEANED, capture, deidentified
from tests.exporter.pixels.drawn_texts import empty

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed"),
]
NAME = "QUARRYMANN JOSEFINE"
PLACE = (slice(20, 60), slice(16, 420))


def with_text(picture: npt.NDArray[Any], text: str = NAME, at: tuple[int, int] = (20, 24)) -> npt.NDArray[Any]:
    """The picture with a bright text, as large as devices write it."""
    mask = Image.new("L", picture.shape[1::-1], 0)
    ImageDraw.Draw(mask).text(at, text, font=ImageFont.load_default(20), fill=255)
    drawn = picture.copy()
    drawn[np.asarray(mask) > 127] = picture.max() or 255
    return drawn


def cone() -> npt.NDArray[np.uint8]:
    return empty(random.Random(1), "ultrasound cone")[:200, 100:540]


def name_is_gone(picture: npt.NDArray[Any], before: npt.NDArray[Any]) -> bool:
    """No bright pixel is left where the name stood."""
    return bool((picture[PLACE] == before.max()).sum() == 0)


def codes(dataset: FileDataset) -> set[str]:
    return {item.CodeValue for item in dataset.DeidentificationMethodCodeSequence}


def test_a_name_is_blanked_and_the_picture_stays(tmp_path: Path) -> None:
    picture = with_text(cone())

    outcome, after = deidentified(capture(picture), tmp_path)

    assert after is not None, outcome
    assert name_is_gone(after.pixel_array, picture)
    assert float((after.pixel_array != picture)[70:].mean()) < 0.05
    assert after.BurnedInAnnotation == "NO"
    assert "113101" in codes(after)


def test_without_the_option_such_a_file_is_held_back(tmp_path: Path) -> None:
    outcome, _ = deidentified(capture(with_text(cone())), tmp_path, Profile())

    assert (outcome.state, outcome.reason) == ("held back", "text is likely in the pixels: it is a secondary capture")


def test_a_ct_is_not_touched_unless_all_are(tmp_path: Path) -> None:
    dataset = ct()

    _, left = deidentified(dataset, tmp_path / "left")
    _, read = deidentified(dataset, tmp_path / "read", Profile(pixels="cleaned-all"))

    assert left is not None
    assert read is not None
    assert (left.PixelData, "113101" in codes(left)) == (dataset.PixelData, False)
    assert (read.BurnedInAnnotation, "113101" in codes(read)) == ("NO", True)


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


def test_a_text_is_blanked_in_every_frame_of_a_cine(tmp_path: Path) -> None:
    frames = np.stack([with_text(np.roll(cone(), 7 * number, axis=1)) for number in range(3)])

    outcome, after = deidentified(capture(frames), tmp_path)

    assert after is not None, outcome
    assert all(name_is_gone(after.pixel_array[number], frames) for number in range(3))


def test_a_text_in_one_frame_alone_is_found(tmp_path: Path) -> None:
    frames = np.stack([cone()] * 3)
    frames[1] = with_text(frames[1])

    _, after = deidentified(capture(frames), tmp_path)

    assert after is not None
    assert name_is_gone(after.pixel_array[1], frames)


def test_all_outside_of_ultrasounds_regions_is_blanked(tmp_path: Path) -> None:
    picture = np.full((240, 320), 90, np.uint8)
    dataset = capture(picture)
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 50, 40
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 249, 199
    dataset.SequenceOfUltrasoundRegions = Sequence([region])
    dataset.PixelData = (picture + np.arange(320, dtype=np.uint8) % 100).tobytes()

    _, after = deidentified(dataset, tmp_path)

    assert after is not None
    changed = after.pixel_array != dataset.pixel_array
    inside = (slice(40, 200), slice(50, 250))
    assert not changed[inside].any()
    changed[inside] = True
    assert float(changed.mean()) > 0.97


def test_a_device_of_the_profile_has_its_boxes_blanked(tmp_path: Path) -> None:
    dataset = capture(np.tile(np.arange(200, dtype=np.uint8), (100, 1)))
    dataset.Manufacturer = "ACME Imaging"
    profile = Profile(pixels="cleaned", regions=(Region(manufacturer="acme", rows=100, blank=((100, 0, 50, 20),)),))

    _, after = deidentified(dataset, tmp_path, profile)

    assert after is not None
    assert int(after.pixel_array[:20, 100:150].max()) == 0
    assert int(after.pixel_array[30:, 100:150].min()) == 100


def test_bits_that_are_not_used_leave_nothing(tmp_path: Path) -> None:
    pixels = np.full((64, 64), 0x1234, np.uint16)
    dataset = capture(pixels)
    dataset.BitsStored, dataset.HighBit = 12, 11

    _, after = deidentified(dataset, tmp_path)

    assert after is not None
    assert int(after.pixel_array.max()) == 0x0234


def test_letters_of_a_side_stay_and_those_of_the_profile_too(tmp_path: Path) -> None:
    picture = with_text(np.zeros((200, 400), np.uint8), "KNEE", at=(150, 90))
    stays = Profile(pixels="cleaned", texts_that_stay=("KNEE",))

    _, kept = deidentified(capture(picture), tmp_path / "kept", stays)
    _, gone = deidentified(capture(picture), tmp_path / "gone")

    assert kept is not None
    assert gone is not None
    assert (kept.pixel_array.max(), gone.pixel_array.max()) == (255, 0)


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


def test_a_name_that_stands_upright_in_a_later_frame_is_blanked(tmp_path: Path) -> None:
    plain = cone()
    upright = np.rot90(with_text(np.rot90(plain, 3))).copy()

    outcome, after = deidentified(capture(np.stack([plain, upright])), tmp_path)

    assert after is not None, outcome
    marked = upright != plain
    assert (after.pixel_array[1][marked] == plain.max()).sum() == 0


def test_a_name_that_only_a_third_window_shows_is_blanked(tmp_path: Path) -> None:
    picture = np.full((256, 320), 10_000, np.uint16)
    picture[:5], picture[-5:] = 0, 65535
    marked = with_text(np.zeros((256, 320), np.uint8)) > 0
    picture[marked] += 300
    dataset = capture(picture)
    dataset.WindowCenter, dataset.WindowWidth = [30000, 32000, 10000], [60000, 50000, 1000]

    outcome, after = deidentified(dataset, tmp_path)

    assert after is not None, outcome
    assert not (after.pixel_array[marked] == picture[marked]).any()
