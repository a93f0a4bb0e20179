"""Text in one frame: where it may stand, what it says, and which boxes are to be blanked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from radquarry.exporter.pixels.line_crops import cropped, cropped_flat
from radquarry.exporter.pixels.printing import is_printed, whole_line, with_room
from radquarry.exporter.pixels.tesseract import SPARSE, Picture, Word, read
from radquarry.exporter.pixels.text_lines import HIGHEST, Box, lines_in
from radquarry.exporter.pixels.wording import Meaning, Wording

CERTAIN, LIKELY = 50.0, 35.0
"""Confidence of a word of at least four letters that is none by chance; that is more than a part of what is printed."""
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
        meaning, sure = wording.meaning(words), _is_sure(words, wording)
        if not sure and (self.turns or not self.seen or not is_printed(self.picture, self.box)):
            return None
        if meaning == "nothing":
            return None
        likely = max((_certainty(word) for word in words), default=0.0) >= LIKELY
        whole = meaning != "stays" and (sure or likely or meaning == "text")
        box = whole_line(self.picture, self.box) if whole else with_room(self.picture, self.box)
        return Found(
            _turned_back(box, self.turns, self.picture.shape), "stays" if meaning == "stays" else _text(meaning), sure
        )

    def is_doubtful(self, words: Sequence[Word], wording: Wording) -> bool:
        """Whether reading and form disagree: something was read, not surely, in what looks not printed, or nothing."""
        if self.turns or not self.seen or _is_sure(words, wording):
            return False
        return is_printed(self.picture, self.box) == (wording.meaning(words) == "nothing")


def _text(meaning: Meaning) -> Meaning:
    return "text" if meaning == "perhaps text" else meaning


def _is_sure(words: Sequence[Word], wording: Wording) -> bool:
    if wording.meaning(words) in ("own", "stays"):
        return True
    return max((_certainty(word) for word in words), default=0.0) >= CERTAIN


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
    lines = _read_twice(places, wording)
    judged = (place.found(words, wording) for place, words in zip(places, lines, strict=True))
    found = [each for each in judged if each is not None]
    return found + list(_anywhere(large, wording)) if thorough else found


def _read_twice(places: Sequence[_Place], wording: Wording) -> list[list[Word]]:
    """What each place says; doubtful ones are read again without what is behind them, but never to let them stay."""
    lines = read([cropped(place.picture, place.box) for place in places])
    doubtful = [at for at, words in enumerate(lines) if places[at].is_doubtful(words, wording)]
    again = read([cropped_flat(places[at].picture, places[at].box) for at in doubtful])
    for at, words in zip(doubtful, again, strict=True):
        if _is_sure(words, wording) and wording.meaning(words) != "stays":
            lines[at] = words
    return lines


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
