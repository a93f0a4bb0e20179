"""Pictures with a patient's name in them, and whether it is gone."""

import random
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from tests.exporter.pixels.drawn_texts import empty

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
    """A piece of an ultrasound without text."""
    return empty(random.Random(1), "ultrasound cone")[:200, 100:540]


def name_is_gone(picture: npt.NDArray[Any], before: npt.NDArray[Any]) -> bool:
    """No bright pixel is left where the name stood."""
    return bool((picture[PLACE] == before.max()).sum() == 0)
