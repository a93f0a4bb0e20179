"""A line cut out of its picture and made large enough to be read, black on white."""

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from radquarry.exporter.pixels.tesseract import Picture
from radquarry.exporter.pixels.text_lines import Box

READ_AT = 36
"""Pixels that a line is high when it is read."""
MOST_ENLARGED = 6.0
MARGIN = 10
"""White pixels around a line that is read."""
STROKE = 0.6
"""Times its height that a line's strokes are wide at most."""
SMOOTHED_FROM = 12
"""Pixels that a line is high from which its noise is smoothed; smaller letters would go with it."""


def cropped(picture: Picture, box: Box) -> Picture:
    """As it is."""
    return _readable(_around(picture, box), box)


def cropped_flat(picture: Picture, box: Box) -> Picture:
    """Without what is behind it: slopes of brightness, patches broader than strokes, and noise."""
    part, height = _around(picture, box), box[2] - box[0]
    if height >= SMOOTHED_FROM:
        part = ndimage.median_filter(part, 3)
    low, middle, high = (float(each) for each in np.percentile(part, (3, 50, 97)))
    bright = part if high - middle >= middle - low else 255 - part
    wide = max(5, int(STROKE * height) | 1)
    return _readable(bright - ndimage.grey_opening(bright, (wide, wide)), box)


def _around(picture: Picture, box: Box) -> Picture:
    top, left, bottom, right = box
    around = max(3, (bottom - top) // 3)
    return picture[max(0, top - around) : bottom + around, max(0, left - around) : right + around]


def _readable(part: Picture, box: Box) -> Picture:
    factor = max(0.5, min(MOST_ENLARGED, READ_AT / (box[2] - box[0])))
    size = (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
    large = np.asarray(Image.fromarray(part).resize(size, Image.Resampling.BICUBIC), np.float32)
    black_on_white = (np.clip(_shade(large), 0, 1) * 255).astype(np.uint8)
    return np.pad(black_on_white, MARGIN, constant_values=255)


def _shade(large: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    low, middle, high = (float(each) for each in np.percentile(large, (3, 50, 97)))
    if high - middle >= middle - low:
        return (high - large) / np.float32(max(high - middle, 1.0))
    return (large - low) / np.float32(max(middle - low, 1.0))
