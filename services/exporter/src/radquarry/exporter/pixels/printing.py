"""Whether a box looks printed: letters have one brightness and sharp edges, tissue and speckle have every one between.

And how far the line goes on where only a part of it was recognised.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from radquarry.exporter.pixels.tesseract import Picture
from radquarry.exporter.pixels.text_lines import Box

UNEVEN, BETWEEN = 0.17, 1.0
"""How far the ink may vary, in parts of its contrast; pixels between ink and ground, in parts of the ink."""
FEWEST_STROKES, STROKES_A_LETTER = 3, 0.2
"""That some row of a line crosses, at least and for each letter; an edge or a vessel is crossed once or twice."""
LETTER = 0.6
"""Times its height that a letter is wide."""
EDGE = 3
FARTHEST = 6
"""Times its height that a line may go on to either side."""
GAP = 1.2
"""Times its height that lies between words."""
GRAIN = 16
"""A pixel of ink for every so many of a line's height is noise."""


@dataclass(frozen=True)
class _Ink:
    """Brightness above the ground, whichever of the two is the darker one, and its highest usual value."""

    above: npt.NDArray[Any]
    contrast: float


def _ink(part: Picture) -> _Ink:
    values = part.astype(np.float32)
    low, ground, high = (float(each) for each in np.percentile(values, (3, 50, 97)))
    above = values - ground if high - ground >= ground - low else ground - values
    return _Ink(above, max(1.0, float(np.percentile(above, 97))))


def is_printed(picture: Picture, box: Box, strokes: int = FEWEST_STROKES) -> bool:
    """Whether it looks like letters that have at least so many `strokes` side by side."""
    top, left, bottom, right = box
    ink = _ink(picture[max(0, top - EDGE) : bottom + EDGE, max(0, left - EDGE) : right + EDGE])
    relative = ink.above / ink.contrast
    letters = relative > 0.6
    if not letters.any():
        return False
    between = float(((relative > 0.3) & (relative < 0.7)).mean() / letters.mean())
    even = float(relative[letters].std()) < UNEVEN and between < BETWEEN
    return even and _strokes(relative > 0.5) >= max(
        strokes, STROKES_A_LETTER * (right - left) / (LETTER * (bottom - top))
    )


def _strokes(ink: npt.NDArray[np.bool_]) -> int:
    """The most that stand side by side in one row."""
    begins = ink & ~np.pad(ink, ((0, 0), (1, 0)))[:, :-1]
    return int(begins.sum(axis=1).max())


def whole_line(picture: Picture, box: Box) -> Box:
    """The box with what stands beside it in the same line, and with some room."""
    top, left, bottom, right = box
    height = bottom - top
    far = FARTHEST * height
    begin, end = max(0, left - far), min(picture.shape[1], right + far)
    band = picture[max(0, top - 1) : bottom + 1, begin:end].astype(np.float32)
    ink = _ink(picture[top:bottom, left:right])
    ground = float(np.median(picture[top:bottom, left:right]))
    light = (
        float((picture[top:bottom, left:right].astype(np.float32) - ground)[ink.above > 0.6 * ink.contrast].mean()) > 0
    )
    marked = (band - ground if light else ground - band) > 0.6 * ink.contrast
    strokes = marked.sum(axis=0)
    letters = (strokes > height // GRAIN) & (strokes < 0.95 * len(marked))
    rightmost = _reach(letters[right - begin :], GAP * height)
    leftmost = _reach(letters[: left - begin][::-1], GAP * height)
    return with_room(picture, (top, left - leftmost, bottom, right + rightmost))


def with_room(picture: Picture, box: Box) -> Box:
    """The box with room for accents, descenders and blurred edges."""
    top, left, bottom, right = box
    room = max(2, (bottom - top) // 4)
    rows, columns = picture.shape
    return max(0, top - room), max(0, left - room), min(rows, bottom + room), min(columns, right + room)


def _reach(columns: npt.NDArray[np.bool_], gap: float) -> int:
    """How many columns belong to it; what does not end within the reach is no line of text."""
    last = -1
    for at in np.flatnonzero(columns):
        if at - last > gap + 1:
            break
        last = int(at)
    return 0 if last >= len(columns) - 1 and len(columns) > gap else last + 1
