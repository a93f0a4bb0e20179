"""Lines of text at any angle: chains of letters that rise or fall, in the picture and in three turned ones.

Angles are degrees, clockwise, of the direction in which a line runs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from radquarry.exporter.pixels.tesseract import Picture
from radquarry.exporter.pixels.text_lines import Box, chains_in

TURNS = (0.0, 45.0, 90.0, 135.0)
"""A chain is followed up to some 25 degrees to either side of each."""
STRAIGHT = 2.5
"""Degrees up to which a line is read as it is."""
STRAY = 0.22
"""Times the usual height that a letter's middle may lie off the line."""
FEWEST, SMALLEST, UNEVEN = 4, 5, 0.5
"""Letters of a line, pixels that they are usually high, and how far that may vary; specks of noise are less alike."""
SHORTEST = 2.2
"""Times its height that a line is long."""
MANY, LONG = 5, 4.0
"""Letters, and times its height, from which a line that looks printed is taken for one, read or not."""
AROUND = 2
"""Times its height that is cut out beside a line."""


@dataclass(frozen=True)
class Slanted:
    """A line of text: its middle (row, column), its angle, how high and long it is, in pixels, and its letters."""

    middle: tuple[float, float]
    degrees: float
    height: float
    length: float
    letters: int

    @property
    def is_long(self) -> bool:
        """Whether it can hardly be one by chance."""
        return self.letters >= MANY and self.length >= LONG * self.height

    @cached_property
    def box(self) -> Box:
        """Where it lies in what `cut` gives."""
        high, far = self._margins
        return high, far, high + max(1, ceil(self.height)), far + max(1, ceil(self.length))

    @property
    def _margins(self) -> tuple[int, int]:
        return ceil(self.height / 2) + 3, ceil(AROUND * self.height)

    @property
    def _size(self) -> tuple[int, int]:
        high, far = self._margins
        return self.box[2] + high, self.box[3] + far

    def upside_down(self) -> "Slanted":
        """The same line, read from its end."""
        return replace(self, degrees=self.degrees + 180)

    def cut(self, picture: Picture) -> Picture:
        """The line with some room around it, level."""
        return _level(picture, self.degrees, self.middle, self._size)

    def boxes(self, box: Box, shape: tuple[int, ...]) -> tuple[Box, ...]:
        """Boxes of the picture of `shape` that together cover `box` of what `cut` gives."""
        return tuple(self._tiles(box, shape))

    def _tiles(self, box: Box, shape: tuple[int, ...]) -> Iterator[Box]:
        top, left, bottom, right = box
        step = max(4, (bottom - top) // 2)
        middle = (np.array(self._size) - 1) / 2
        for begin in range(left, right, step):
            corners = np.array([(row, column) for row in (top, bottom) for column in (begin, min(right, begin + step))])
            places = np.array(self.middle) + (corners - middle) @ _turning(self.degrees).T
            low, high = np.floor(places.min(axis=0)), np.ceil(places.max(axis=0))
            tile = (max(0, int(low[0])), max(0, int(low[1])), min(shape[0], int(high[0]) + 1),
                    min(shape[1], int(high[1]) + 1))  # fmt: skip
            if tile[0] < tile[2] and tile[1] < tile[3]:
                yield tile


def slanted_lines_in(picture: Picture) -> list[Slanted]:
    """Lines that are not level, in the direction in which they stand or upside down, in any order."""
    found = [line for degrees in TURNS for line in _at_one_turn(picture, degrees)]
    kept: list[Slanted] = []
    for line in sorted(found, key=lambda each: (-each.length * each.height, each.middle)):
        if not any(_is_same(line, other) for other in kept):
            kept.append(line)
    return kept


def _at_one_turn(picture: Picture, degrees: float) -> Iterator[Slanted]:
    rows, columns = picture.shape
    middle, turning = ((rows - 1) / 2, (columns - 1) / 2), _turning(degrees)
    size = np.ceil(np.abs(turning) @ (rows, columns)).astype(int)
    turned = _level(picture, degrees, middle, (int(size[0]), int(size[1]))) if degrees else picture
    centre = (np.array(turned.shape) - 1) / 2
    for chain in chains_in(turned):
        line = _as_line(chain)
        if line is None or (not degrees % 90 and abs(line.degrees) < STRAIGHT):
            continue
        row, column = np.array(middle) + turning @ (np.array(line.middle) - centre)
        yield replace(line, middle=(float(row), float(column)), degrees=line.degrees + degrees)


def _as_line(letters: Sequence[Box]) -> Slanted | None:
    """The line through the middles of letters that stand side by side; None where there is none."""
    if len(letters) < FEWEST:
        return None
    boxes = np.array(letters, float)
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    usual = float(np.median(heights))
    rows, columns = (boxes[:, 0] + boxes[:, 2] - 1) / 2, (boxes[:, 1] + boxes[:, 3] - 1) / 2
    if usual < SMALLEST or float(heights.std()) > UNEVEN * usual or columns[-1] - columns[0] < usual:
        return None
    slope, at_zero = np.polyfit(columns, rows, 1)
    radians = np.arctan(slope)
    off = (rows - slope * columns - at_zero) * np.cos(radians)
    if float(np.abs(off).mean()) > STRAY * usual:
        return None
    along = columns * np.cos(radians) + rows * np.sin(radians)
    low, high = float((off - heights / 2).min()), float((off + heights / 2).max())
    begin, end = float((along - widths / 2).min()), float((along + widths / 2).max())
    level = np.array((at_zero * np.cos(radians) + (low + high) / 2, (begin + end) / 2))
    row, column = _turning(float(np.degrees(radians))) @ level
    if end - begin < SHORTEST * (high - low):
        return None
    return Slanted((float(row), float(column)), float(np.degrees(radians)), high - low, end - begin, len(letters))


def _is_same(line: Slanted, other: Slanted) -> bool:
    """Whether it lies within a longer one of about its angle, either way round."""
    off = (np.array(line.middle) - other.middle) @ _turning(other.degrees)
    apart = (line.degrees - other.degrees + 90) % 180 - 90
    inside = abs(off[0]) < other.height / 2 and abs(off[1]) + line.length / 2 < other.length / 2 + other.height
    return bool(inside and abs(apart) < 8 and other.height < 1.6 * line.height)


def _turning(degrees: float) -> npt.NDArray[np.float64]:
    """From (row, column) of what is level to the picture's, around a middle."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.array(((cosine, sine), (-sine, cosine)))


def _level(picture: Picture, degrees: float, middle: tuple[float, float], size: tuple[int, int]) -> Picture:
    turning = _turning(degrees)
    start = np.array(middle) - turning @ ((np.array(size) - 1) / 2)
    level: Picture = ndimage.affine_transform(picture, turning, start, size, order=1, mode="nearest")
    return level
