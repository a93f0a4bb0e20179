"""Where lines of text may stand in a picture: thin strokes that stand out, of one height, side by side.

It finds more than there is; what is text, reading tells.
"""

from bisect import bisect_left
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from radquarry.exporter.pixels.tesseract import Picture

Box = tuple[int, int, int, int]
"""Top, left, bottom, right; the last two are one behind."""
STROKES = (5, 11)
"""Widths of strokes, in pixels, up to which something is one."""
CONTRASTS = (32, 64, 110)
"""By how much of 255 they stand out from what is around them."""
LOWEST, HIGHEST = 4, 56
"""Pixels that a letter is high; larger ones are found in the picture at half its size."""
HALVED_FROM = 400
"""Rows or columns from which a picture is looked at in half its size too."""
FEWEST = 3
"""Letters of a line."""
GAP = 1.2
"""Times a letter's height that may lie between two, with a few pixels more for small ones."""
LOWEST_OF_TWO, ALIKE, WIDEST = 6, 0.2, 1.4
"""Pixels that two letters alone are high at least, and by how many heights they may differ and be wide."""
LOWER = 0.3
"""Times the capital's height that a small letter begins, or one like y ends, below it."""
EIGHT_NEIGHBOURS = np.ones((3, 3), np.uint8)


def lines_in(picture: Picture) -> list[Box]:
    """Boxes that may hold a level line of text, in any order."""
    return lines_and_pairs_in(picture)[0]


def lines_and_pairs_in(picture: Picture) -> tuple[list[Box], list[Box]]:
    """Boxes that may hold a level line of text, and those that may hold two letters alone, in a line or not."""
    chains = list(chains_in(picture))
    lines = _distinct([line for letters in chains if (line := _as_line(letters)) is not None])
    pairs = _distinct([pair for letters in chains if (pair := _as_pair(letters)) is not None])
    return lines, pairs


def chains_in(picture: Picture) -> Iterator[list[Box]]:
    """Letters that stand side by side, from left to right."""
    yield from _at_one_size(picture)
    if min(picture.shape) >= HALVED_FROM:
        rows, columns = (size // 2 * 2 for size in picture.shape)
        blocks = picture[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2)
        half = blocks.mean(axis=(1, 3)).astype(np.uint8)
        for letters in chains_in(half):
            yield [(2 * top, 2 * left, 2 * bottom, 2 * right) for top, left, bottom, right in letters]


def _at_one_size(picture: Picture) -> Iterator[list[Box]]:
    for side in (picture, 255 - picture):
        for width in STROKES:
            ridges = side.astype(np.int16) - ndimage.grey_opening(side, (width, width))
            around = ndimage.uniform_filter(ridges.astype(np.float32), 41)
            for contrast in CONTRASTS:
                yield from _chains(_letters((ridges > contrast) & (ridges > 1.8 * around)))


def _letters(ink: npt.NDArray[np.bool_]) -> list[Box]:
    """Boxes of connected ink with the size and fullness of a letter, or of a word whose letters touch."""
    labels, count = ndimage.label(ink, EIGHT_NEIGHBOURS)
    if not count:
        return []
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    letters = []
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = place
        height, width, area = rows.stop - rows.start, columns.stop - columns.start, int(areas[number])
        if not LOWEST <= height <= HIGHEST or width > 24 * height or area < 5:
            continue
        full = area / (height * width)
        if 0.15 < full < (0.98 if width > height / 3 else 1.01) and (width <= 3 * height + 6 or full < 0.8):
            letters.append((rows.start, columns.start, rows.stop, columns.stop))
    return letters


def _chains(letters: list[Box]) -> Iterator[list[Box]]:
    letters = sorted(letters, key=lambda box: box[1])
    lefts = [box[1] for box in letters]
    used = [False] * len(letters)
    for begin in range(len(letters)):
        if used[begin]:
            continue
        line = [begin]
        while (following := _next(line, letters, lefts, used)) is not None:
            line.append(following)
        for at in line:
            used[at] = True
        yield [letters[at] for at in line]


def _next(line: list[int], letters: list[Box], lefts: list[int], used: list[bool]) -> int | None:
    top, left, bottom, right = letters[line[-1]]
    height = max(letters[at][2] - letters[at][0] for at in line[-4:])
    for at in range(max(bisect_left(lefts, left), line[-1] + 1), len(letters)):
        other = letters[at]
        if other[1] > right + GAP * height + 3:
            return None
        tall = other[2] - other[0]
        shared = min(other[2], bottom) - max(other[0], top)
        alike = tall <= 1.9 * height and height <= 2.2 * tall + 3
        if not used[at] and alike and shared >= 0.5 * min(tall, bottom - top):
            return at
    return None


def _as_line(letters: list[Box]) -> Box | None:
    heights = sorted(bottom - top for top, _, bottom, _ in letters)
    usual = heights[len(heights) // 2]
    top, bottom = min(box[0] for box in letters), max(box[2] for box in letters)
    left, right = letters[0][1], max(box[3] for box in letters)
    count = sum(max(1.0, (box[3] - box[1]) / (1.2 * usual)) for box in letters)
    if count < FEWEST or bottom - top > 2.2 * usual + 3 or right - left < 1.2 * (bottom - top):
        return None
    return top, left, bottom, right


def _as_pair(letters: list[Box]) -> Box | None:
    """Two letters on one level, close together, of one height or a capital and a small one: HO, Ho, Ly."""
    if len(letters) != 2:
        return None
    (top, left, bottom, first_right), (other_top, second_left, other_bottom, right) = letters
    high, low = max(bottom - top, other_bottom - other_top), min(bottom - top, other_bottom - other_top)
    stray, lower = max(1.0, ALIKE * high), LOWER * high + 1
    is_level = -stray <= other_top - top <= lower and -stray <= other_bottom - bottom <= lower
    if low < LOWEST_OF_TWO or not is_level:
        return None
    if max(first_right - left, right - second_left) > WIDEST * high or second_left - first_right > 0.5 * high + 1:
        return None
    return min(top, other_top), left, max(bottom, other_bottom), right


def _distinct(boxes: list[Box]) -> list[Box]:
    """Without those that lie in another of about the same height."""
    kept: list[Box] = []
    for box in sorted(set(boxes), key=lambda each: (-_area(each), each)):
        if not any(_inside(box, other) for other in kept):
            kept.append(box)
    return kept


def _area(box: Box) -> int:
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def _inside(box: Box, other: Box) -> bool:
    shared = (max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3]))
    same_height = other[2] - other[0] < 1.6 * (box[2] - box[0])
    return same_height and shared[2] > shared[0] and shared[3] > shared[1] and _area(shared) > 0.7 * _area(box)
