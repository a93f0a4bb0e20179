"""What was blanked is read again as if it were like what is around it, and nothing else is changed for that."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file

from radquarry.exporter.pixels.cleaning import filled
from radquarry.exporter.pixels.finding import texts_in
from tests.exporter.pixels.captures import deidentified
from tests.exporter.pixels.drawn_texts import pictures
from tests.exporter.pixels.test_finding import wording

with_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(1, 30), st.booleans())
def test_filling_changes_nothing_but_what_was_blanked(
    top: int, left: int, rows: int, columns: int, colour: bool
) -> None:
    frame = np.random.default_rng(1).integers(90, 110, (40, 50, 3) if colour else (40, 50), np.uint8)
    blanked = np.zeros((40, 50), bool)
    blanked[top : top + rows, left : left + columns] = True
    frame[blanked] = 0
    before = frame.copy()

    smooth = filled(frame, blanked)

    assert np.array_equal(frame, before)
    assert np.array_equal(smooth[~blanked], frame[~blanked])
    assert int(smooth[blanked].min()) >= 90


def test_what_is_blanked_as_a_whole_stays_as_it_is() -> None:
    assert not filled(np.zeros((20, 20), np.uint8), np.ones((20, 20), bool)).any()


@with_tesseract
@pytest.mark.timeout(300)
def test_boxes_that_were_blanked_in_noise_are_not_taken_for_text() -> None:
    picture, items = next(pictures(8, 1, ("noise",)))
    blanked = np.zeros(picture.shape, bool)
    for item in items:
        top, left, bottom, right = item.box
        blanked[max(0, top - 12) : bottom + 12, max(0, left - 12) : right + 12] = True
    picture[blanked] = 0

    assert texts_in([filled(picture, blanked)], wording(), thorough=False) == []


@with_tesseract
@pytest.mark.timeout(300)
def test_a_picture_without_text_that_calls_itself_secondary_stays_bit_for_bit(tmp_path: Path) -> None:
    dataset = dcmread(str(get_testdata_file("MR_small.dcm")))
    if 0xFFFCFFFC in dataset:
        del dataset[0xFFFCFFFC]

    outcome, after = deidentified(dataset, tmp_path)

    assert after is not None, outcome
    assert after.BurnedInAnnotation == "NO"
    assert np.array_equal(after.pixel_array, dataset.pixel_array)
