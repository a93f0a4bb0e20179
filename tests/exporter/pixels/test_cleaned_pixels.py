"""Text in pixels is blanked, and the rest of the picture stays."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.profile.region import Region
from tests.exporter.cleaning import ct
from tests.exporter.pixels.captures import capture, deidentified
from tests.exporter.pixels.named_pictures import cone, name_is_gone, with_text

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed"),
]


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


def test_letters_of_a_side_stay_and_those_of_the_profile_too(tmp_path: Path) -> None:
    picture = with_text(np.zeros((200, 400), np.uint8), "KNEE", at=(150, 90))
    stays = Profile(pixels="cleaned", texts_that_stay=("KNEE",))

    _, kept = deidentified(capture(picture), tmp_path / "kept", stays)
    _, gone = deidentified(capture(picture), tmp_path / "gone")

    assert kept is not None
    assert gone is not None
    assert (kept.pixel_array.max(), gone.pixel_array.max()) == (255, 0)


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
