"""Text in one frame: where it may stand, what it says, and which boxes are to be blanked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from radquarry.exporter.pixels.printing import is_printed, whole_line, with_room
from radquarry.exporter.pixels.tesseract import SPARSE, Picture, Word, read
from radquarry.exporter.pixels.text_lines import HIGHEST, Box, lines_in
from radquarry.exporter.pixels.wording import Meaning, Wording

READ_AT = 36
"""Pixels that a line is high when it is read."""
MOST_ENLARGED = 6.0
MARGIN = 10
"""White pixels around a line that is read."""
CERTAIN = 50.0
"""Confidence of a word of at least four letters that is none by chance."""
UPRIGHT = (0, 1, 3)
"""Quarters of a turn."""
SMALLEST = 12
"""Rows or columns below which nothing can be written."""


@dataclass(frozen=True)
class Found:
    """A line of text, and what it says."""

    box: Box
    meaning: Meaning
    sure: bool = True
    """Whether it was read, and does not only look printed."""


@dataclass(frozen=True)
class _Place:
    """Where a line may stand: in which picture, turned how often, and its box in what was turned."""

    picture: Picture
    turns: int
    box: Box
    seen: bool
    """Whether somebody sees it so, or in one colour alone."""

    def found(self, words: Sequence[Word], wording: Wording) -> Found | None:
        """What was not read surely counts where it looks printed, and not upright: edges of organs look so too."""
        meaning = wording.meaning(words)
        sure = meaning in ("own", "stays") or max((_certainty(word) for word in words), default=0.0) >= CERTAIN
        if not sure and (self.turns or not self.seen or not is_printed(self.picture, self.box)):
            return None
        if meaning == "nothing":
            return None
        whole = meaning != "stays" and (sure or meaning == "text")
        box = whole_line(self.picture, self.box) if whole else with_room(self.picture, self.box)
        return Found(
            _turned_back(box, self.turns, self.picture.shape), "stays" if meaning == "stays" else _text(meaning), sure
        )


def _text(meaning: Meaning) -> Meaning:
    return "text" if meaning == "perhaps text" else meaning


def _certainty(word: Word) -> float:
    """Its confidence where it is long enough not to be read by chance."""
    return word.confidence if sum(map(str.isalnum, word.text)) >= 4 else 0.0


def texts_in(
    pictures: Sequence[Picture], wording: Wording, *, colours: Sequence[Picture] = (), thorough: bool
) -> list[Found]:
    """The lines that hold text, own or other.

    `colours`: pictures of one colour each. `thorough`: also lines that stand upright, and whatever reading all finds.
    """
    large = [picture for picture in pictures if min(picture.shape) >= SMALLEST]
    places = [place for picture in large for place in _places(picture, UPRIGHT if thorough else (0,), seen=True)]
    if large:
        places += [place for picture in colours for place in _places(picture, (0,), seen=False)]
    lines = read([_crop(place.picture, place.box) for place in places])
    judged = (place.found(words, wording) for place, words in zip(places, lines, strict=True))
    found = [each for each in judged if each is not None]
    return found + list(_anywhere(large, wording)) if thorough else found


def _places(picture: Picture, turns: tuple[int, ...], *, seen: bool) -> Iterator[_Place]:
    for each in turns:
        turned = np.ascontiguousarray(np.rot90(picture, each)) if each else picture
        yield from (_Place(turned, each, box, seen) for box in lines_in(turned))


def _turned_back(box: Box, turns: int, shape: tuple[int, ...]) -> Box:
    """`shape`: of what was turned."""
    top, left, bottom, right = box
    if turns == 1:
        return left, shape[0] - bottom, right, shape[0] - top
    return (shape[1] - right, top, shape[1] - left, bottom) if turns == 3 else box


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
                yield Found(whole_line(picture, box), meaning)


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


def _crop(picture: Picture, box: Box) -> Picture:
    """The line alone: large enough to be read, black on white."""
    top, left, bottom, right = box
    height = bottom - top
    around = max(3, height // 3)
    part = picture[max(0, top - around) : bottom + around, max(0, left - around) : right + around]
    factor = max(0.5, min(MOST_ENLARGED, READ_AT / height))
    size = (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
    large = np.asarray(Image.fromarray(part).resize(size, Image.Resampling.BICUBIC), np.float32)
    low, middle, high = (float(each) for each in np.percentile(large, (3, 50, 97)))
    if high - middle >= middle - low:
        shade = (high - large) / max(high - middle, 1.0)
    else:
        shade = (large - low) / max(middle - low, 1.0)
    black_on_white = (np.clip(shade, 0, 1) * 255).astype(np.uint8)
    return np.pad(black_on_white, MARGIN, constant_values=255)
