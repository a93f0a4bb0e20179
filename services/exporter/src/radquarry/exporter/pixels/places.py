"""Places where a line of text may stand, each level in a picture of its own, and what one is taken for when read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from radquarry.exporter.pixels.printing import FEWEST_STROKES, is_printed, whole_line, with_room
from radquarry.exporter.pixels.slanted_lines import Slanted, slanted_lines_in
from radquarry.exporter.pixels.tesseract import Picture, Word
from radquarry.exporter.pixels.text_lines import Box, lines_and_pairs_in, lines_in
from radquarry.exporter.pixels.wording import Meaning, Wording

CERTAIN, LIKELY = 50.0, 35.0
"""Confidence of a word of at least four letters that is none by chance; that is more than a part of what is printed."""
CERTAIN_TURNED = 65.0
"""That of a slanted line, or one upside down: far more of them are read, and speckle says something now and then."""
UPRIGHT = (1, 3)
"""Quarters of a turn."""
PAIR = 2
"""Strokes of two letters alone: one for each."""


@dataclass(frozen=True)
class Found:
    """A line of text, the boxes that together cover it, and what it says."""

    boxes: tuple[Box, ...]
    meaning: Meaning
    sure: bool = True
    """Whether it was read, and does not only look printed."""

    @property
    def box(self) -> Box:
        """Around all of it."""
        tops, lefts, bottoms, rights = zip(*self.boxes, strict=True)
        return min(tops), min(lefts), max(bottoms), max(rights)


@dataclass(frozen=True)
class Place:
    """Where a line may stand: its box in a picture that was turned or cut so that it is level, and the way back."""

    picture: Picture
    box: Box
    back: Callable[[Box], tuple[Box, ...]]
    by_form: bool = False
    """Whether it counts where it looks printed and was not read surely; upright edges of organs look so too."""
    unread: bool = False
    """Whether it counts so even if nothing at all was read."""
    strokes: int = FEWEST_STROKES
    certain: float = CERTAIN
    may_stay: bool = True
    upside_down: Callable[[], "Place"] | None = None

    def found(self, words: Sequence[Word], wording: Wording) -> Found | None:
        """What was not read surely counts by its form, or not."""
        meaning, sure = wording.meaning(words), is_sure(words, wording, self.certain)
        if not sure and not (self.by_form and is_printed(self.picture, self.box, self.strokes)):
            return None
        if (meaning == "nothing" and not self.unread) or (meaning == "stays" and not self.may_stay):
            return None
        likely = max((_certainty(word) for word in words), default=0.0) >= LIKELY
        whole = meaning != "stays" and (sure or likely or meaning == "text")
        box = whole_line(self.picture, self.box) if whole else with_room(self.picture, self.box)
        boxes = self.back(box)
        return Found(boxes, "stays" if meaning == "stays" else _text(meaning), sure) if boxes else None

    def is_doubtful(self, words: Sequence[Word], wording: Wording) -> bool:
        """Whether reading and form disagree: something was read, not surely, in what looks not printed, or nothing."""
        if not self.by_form or is_sure(words, wording):
            return False
        return is_printed(self.picture, self.box, self.strokes) == (wording.meaning(words) == "nothing")


def _text(meaning: Meaning) -> Meaning:
    return meaning if meaning == "own" else "text"


def is_sure(words: Sequence[Word], wording: Wording, certain: float = CERTAIN) -> bool:
    """Whether they were read, and not by chance."""
    if wording.meaning(words) in ("own", "stays"):
        return True
    return max((_certainty(word) for word in words), default=0.0) >= certain


def _certainty(word: Word) -> float:
    """Its confidence where it is long enough not to be read by chance."""
    return word.confidence if sum(map(str.isalnum, word.text)) >= 4 else 0.0


def level(picture: Picture, *, by_form: bool) -> Iterator[Place]:
    """`by_form`: whether somebody sees the picture so, and not one of its colours alone."""
    lines, pairs = lines_and_pairs_in(picture)
    for box in lines:
        yield Place(picture, box, _as_it_is, by_form, upside_down=partial(_turned, picture, 2, _opposite(box, picture)))
    if by_form:
        whole = (box for box in pairs if not _is_cut_off(box, picture))
        yield from (Place(picture, box, _as_it_is, by_form=True, unread=True, strokes=PAIR) for box in whole)


def _is_cut_off(box: Box, picture: Picture) -> bool:
    """Whether it goes on beyond the picture, so that its form says little: organs do."""
    return min(box[:2]) == 0 or box[2] == picture.shape[0] or box[3] == picture.shape[1]


def upright(picture: Picture) -> Iterator[Place]:
    """Lines that run up or down."""
    for quarters in UPRIGHT:
        turned = np.ascontiguousarray(np.rot90(picture, quarters))
        yield from (Place(turned, box, partial(_turned_back, quarters, turned.shape)) for box in lines_in(turned))


def slanted(picture: Picture) -> Iterator[Place]:
    """Lines at other angles; what may stay stands level or upright."""
    return (_cut(picture, line) for line in slanted_lines_in(picture))


def _cut(picture: Picture, line: Slanted, *, first: bool = True) -> Place:
    back = partial(line.boxes, shape=picture.shape)
    again = partial(_cut, picture, line.upside_down(), first=False) if first else None
    by_form = first and line.is_long
    return Place(line.cut(picture), line.box, back, by_form, certain=CERTAIN_TURNED, may_stay=False, upside_down=again)


def _turned(picture: Picture, quarters: int, box: Box) -> Place:
    turned = np.ascontiguousarray(np.rot90(picture, quarters))
    return Place(turned, box, partial(_turned_back, quarters, turned.shape), certain=CERTAIN_TURNED, may_stay=False)


def _opposite(box: Box, picture: Picture) -> Box:
    """The box in the picture when it stands on its head."""
    (top, left, bottom, right), (rows, columns) = box, picture.shape
    return rows - bottom, columns - right, rows - top, columns - left


def _as_it_is(box: Box) -> tuple[Box, ...]:
    return (box,)


def _turned_back(quarters: int, shape: tuple[int, ...], box: Box) -> tuple[Box, ...]:
    """`shape`: of what was turned."""
    (top, left, bottom, right), (rows, columns) = box, shape[:2]
    if quarters == 2:
        return ((rows - bottom, columns - right, rows - top, columns - left),)
    if quarters == 1:
        return ((left, rows - bottom, right, rows - top),)
    return ((columns - right, top, columns - left, bottom),)
