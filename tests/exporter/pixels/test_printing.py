"""What looks printed: letters side by side, and no edge that is one stroke; a line ends where its letters do."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from radquarry.exporter.pixels.printing import is_printed, whole_line
from radquarry.exporter.pixels.tesseract import Picture
from radquarry.exporter.pixels.text_lines import Box


def printed(text: str, size: int) -> tuple[Picture, Box]:
    """A picture with a text, and where it stands."""
    image = Image.new("L", (900, 120), 40)
    ImageDraw.Draw(image).text((200, 30), text, font=ImageFont.load_default(size), fill=220)
    picture = np.array(image)
    rows, columns = np.nonzero(picture > 128)
    return picture, (int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)


@settings(deadline=None)
@given(st.text("ABCDEFGHKMNPQRSUXYZabdeghkmnoprsuxyz0234568", min_size=3, max_size=20), st.integers(14, 48))
def test_letters_side_by_side_look_printed(text: str, size: int) -> None:
    assert is_printed(*printed(text, size))


@settings(deadline=None)
@given(st.integers(4, 12), st.integers(12, 60), st.integers(120, 255))
def test_one_bright_bar_at_the_edge_of_a_picture_does_not(height: int, width: int, shade: int) -> None:
    picture = np.full((64, 100), 20, np.uint8)
    picture[-height:, 20 : 20 + width] = shade

    assert not is_printed(picture, (64 - height, 20, 64, 20 + width))


def test_noise_beside_a_line_does_not_widen_it() -> None:
    picture, (top, left, bottom, right) = printed("1935-06-25", 40)
    speckled = picture.copy()
    specks = np.random.default_rng(3).random(picture.shape) < 0.01
    specks[:, left - 20 : right + 20] = False
    speckled[specks] = 220

    wide = whole_line(speckled, (top, left, bottom, right))

    assert wide[1] >= left - 20
    assert wide[3] <= right + 20


def test_a_line_of_which_a_part_was_recognised_goes_on_to_its_ends() -> None:
    picture, (top, left, bottom, right) = printed("1935-06-25", 40)

    wide = whole_line(picture, (top, left + 60, bottom, right - 60))

    assert wide[1] <= left
    assert wide[3] >= right
