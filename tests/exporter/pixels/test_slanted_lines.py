"""Text that is not level is found at any angle, and covered by boxes that are not much larger than it."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from radquarry.exporter.pixels.finding import texts_in
from radquarry.exporter.pixels.slanted_lines import Slanted, slanted_lines_in
from radquarry.exporter.pixels.tesseract import Picture
from tests.exporter.pixels.test_finding import wording

NAME = "Quarrymann Josefine"


def with_name(degrees: float, size: int = 20) -> tuple[Picture, np.ndarray]:
    """A picture with the name, turned clockwise around the middle; and which pixels it is made of."""
    image = Image.new("L", (360, 360), 0)
    ImageDraw.Draw(image).text((180, 180), NAME, font=ImageFont.load_default(size), fill=200, anchor="mm")
    picture = np.asarray(image.rotate(-degrees, Image.Resampling.BICUBIC))
    return picture + np.random.default_rng(1).integers(0, 30, picture.shape, np.uint8), picture > 100


def blanked(picture: Picture) -> np.ndarray:
    found = [each for each in texts_in([picture], wording(), thorough=True) if each.meaning != "stays"]
    covered = np.zeros(picture.shape, bool)
    for top, left, bottom, right in (box for each in found for box in each.boxes):
        covered[top:bottom, left:right] = True
    return covered


@pytest.mark.timeout(300)
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
@pytest.mark.parametrize("degrees", [0, 4, 15, 30, 45, 60, 75, 90, 120, 150, 180, 200, 225, 270, 315, 345])
def test_a_name_is_hidden_whichever_way_it_runs(degrees: int) -> None:
    picture, ink = with_name(degrees)

    covered = blanked(picture)

    assert float((covered & ink).sum()) >= 0.95 * float(ink.sum())
    assert float(covered.mean()) < 0.2


@settings(deadline=None, max_examples=30)
@given(st.floats(3, 87), st.sampled_from((14, 20, 28)))
def test_a_line_is_found_at_its_angle_and_its_boxes_cover_it(degrees: float, size: int) -> None:
    picture, ink = with_name(degrees, size)

    line = max(slanted_lines_in(picture), key=lambda each: each.length)
    covered = np.zeros(picture.shape, bool)
    for top, left, bottom, right in line.boxes(line.box, picture.shape):
        covered[top:bottom, left:right] = True

    assert abs((line.degrees - degrees + 90) % 180 - 90) < 4
    assert float((covered & ink).sum()) >= 0.9 * float(ink.sum())


@given(st.floats(-50, 150), st.floats(-50, 150), st.floats(0, 360), st.floats(1, 60), st.floats(1, 300))
def test_boxes_lie_within_the_picture_and_hold_pixels(
    row: float, column: float, degrees: float, height: float, length: float
) -> None:
    line = Slanted((row, column), degrees, height, length, 5)

    for top, left, bottom, right in line.boxes(line.box, (100, 80)):
        assert 0 <= top < bottom <= 100
        assert 0 <= left < right <= 80
