"""Text in one frame: where it may stand, what it says, and which boxes are to be blanked."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from radquarry.exporter.pixels.line_crops import cropped, cropped_flat
from radquarry.exporter.pixels.places import Found, Place, is_sure, level, slanted, upright
from radquarry.exporter.pixels.printing import is_printed, whole_line
from radquarry.exporter.pixels.tesseract import SPARSE, Picture, Word, read
from radquarry.exporter.pixels.text_lines import HIGHEST, Box
from radquarry.exporter.pixels.wording import Wording

SMALLEST = 12
"""Rows or columns below which nothing can be written."""


def texts_in(
    pictures: Sequence[Picture], wording: Wording, *, colours: Sequence[Picture] = (), thorough: bool
) -> list[Found]:
    """The lines that hold text, own or other.

    `colours`: pictures of one colour each. `thorough`: also lines that stand upright, slanted or upside down, and
    whatever reading all finds.
    """
    large = [picture for picture in pictures if min(picture.shape) >= SMALLEST]
    places = [place for picture in large for place in level(picture, by_form=True)]
    if thorough:
        places += [place for picture in large for place in (*upright(picture), *slanted(picture))]
    if large:
        places += [place for picture in colours for place in level(picture, by_form=False)]
    found, unread = _judged(places, wording)
    if not thorough:
        return found
    turned, _ = _judged([place.upside_down() for place in unread if place.upside_down is not None], wording)
    return [*found, *turned, *_anywhere(large, wording)]


def _judged(places: Sequence[Place], wording: Wording) -> tuple[list[Found], list[Place]]:
    """What is text, and where none was."""
    judged = [
        (place, place.found(words, wording)) for place, words in zip(places, _read_twice(places, wording), strict=True)
    ]
    return [found for _, found in judged if found is not None], [place for place, found in judged if found is None]


def _read_twice(places: Sequence[Place], wording: Wording) -> list[list[Word]]:
    """What each place says; doubtful ones are read again without what is behind them, but never to let them stay."""
    lines = read([cropped(place.picture, place.box) for place in places])
    doubtful = [at for at, words in enumerate(lines) if places[at].is_doubtful(words, wording)]
    again = read([cropped_flat(places[at].picture, places[at].box) for at in doubtful])
    for at, words in zip(doubtful, again, strict=True):
        if is_sure(words, wording) and wording.meaning(words) != "stays":
            lines[at] = words
    return lines


def _anywhere(pictures: Sequence[Picture], wording: Wording) -> Iterator[Found]:
    """What tesseract finds by itself, in both polarities."""
    sides: list[tuple[Picture, int, Picture]] = []
    for picture in pictures:
        scale = 2 if picture.size <= 1 << 20 else 1
        size = (picture.shape[1] * scale, picture.shape[0] * scale)
        larger = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
        sides.append((picture, scale, 255 - larger))
        if np.median(picture) >= 96:
            sides.append((picture, scale, larger))
    for (picture, scale, _), words in zip(sides, read([side for _, _, side in sides], SPARSE), strict=True):
        for line in _in_lines(words):
            meaning, box = wording.meaning(line), _around(line, scale)
            if box[2] - box[0] > 2 * HIGHEST:
                continue
            if meaning == "own" or (meaning == "text" and is_printed(picture, box)):
                yield Found((whole_line(picture, box),), meaning)


def _in_lines(words: list[Word]) -> Iterator[list[Word]]:
    line: list[Word] = []
    for word in words:
        if line and _follows(line[-1].box, word.box):
            line.append(word)
            continue
        if line:
            yield line
        line = [word]
    if line:
        yield line


def _follows(one: Box, other: Box) -> bool:
    height = one[2] - one[0]
    return abs(one[0] - other[0]) < height and -height < other[1] - one[3] < 1.5 * height


def _around(words: list[Word], scale: int) -> Box:
    boxes = [word.box for word in words]
    top, left = (min(box[side] for box in boxes) // scale for side in (0, 1))
    bottom, right = (-(-max(box[side] for box in boxes) // scale) for side in (2, 3))
    return top, left, bottom, right
