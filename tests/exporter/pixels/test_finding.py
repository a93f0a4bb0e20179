"""Lines that one look alone would miss are found in the seeded pictures."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.pixels.finding import texts_in
from radquarry.exporter.pixels.wording import MAY_STAY, Wording, wording_of
from tests.exporter.pixels.drawn_texts import Drawn, Picture, pictures

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed"),
]


def wording() -> Wording:
    somebody = Identity("PID4711234", {"Quarrymann^Josefine"}, {"PID4711234"}, {}, {"19620503"})
    return wording_of(MAY_STAY, somebody.spellings(), frozenset(somebody.names | somebody.ids))


def with_text(seed: int, background: str, text: str) -> tuple[Picture, Drawn]:
    picture, items = next(pictures(seed, 1, (background,)))
    return picture, next(item for item in items if item.text == text)


def is_hidden(picture: Picture, item: Drawn) -> bool:
    blanked = np.zeros(picture.shape, bool)
    for found in texts_in([picture], wording(), thorough=False):
        for top, left, bottom, right in found.boxes:
            blanked[top:bottom, left:right] |= found.meaning != "stays"
    return item.hidden_in(blanked)


@pytest.mark.parametrize(
    ("seed", "background", "text"),
    [(8, "MR", "PID46552118"), (23, "MR", "ID: 49825195"), (20, "CT", "25855600"), (7, "noise", "Nguyen Thi Lan")],
)
def test_a_line_is_read_again_without_what_lies_behind_it(seed: int, background: str, text: str) -> None:
    assert is_hidden(*with_text(seed, background, text))


def test_a_line_that_is_read_in_part_goes_on_to_its_end() -> None:
    assert is_hidden(*with_text(7, "MR", "01/22/1990"))


@pytest.mark.parametrize(
    ("seed", "background", "text"),
    [(31, "noise", "HG"), (31, "ultrasound cone", "TO"), (31, "CT", "KZ"), (31, "MR", "RE"), (31, "screen", "EF")],
)
def test_two_letters_alone_are_hidden(seed: int, background: str, text: str) -> None:
    picture, items = next(pictures(seed, 1, (background,), "two letters"))

    assert is_hidden(picture, next(item for item in items if item.text == text))


@pytest.mark.parametrize("size", [11, 14, 20])
@pytest.mark.parametrize("name", ["Li", "Ho", "Ly", "Le", "An", "Fu"])
def test_a_capital_and_a_small_letter_alone_are_hidden(name: str, size: int) -> None:
    image = Image.new("L", (200, 120), 10)
    ImageDraw.Draw(image).text((60, 40), name, font=ImageFont.load_default(size), fill=240)
    picture = np.asarray(image)
    ink = picture > 120
    item = Drawn(name, size, 230, "flat", ink, (0, 0, *picture.shape))

    assert is_hidden(picture, item)
