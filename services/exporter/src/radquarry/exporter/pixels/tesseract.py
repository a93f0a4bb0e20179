"""The program tesseract, which reads a line of text in each of several pictures."""

import csv
import io
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from radquarry.exporter.pixels.unread import PixelsUnread

Picture = npt.NDArray[np.uint8]
PROGRAM = "tesseract"
TIME_LIMIT = 120.0
"""Seconds for one call."""
AT_ONCE = 64
"""Pictures in one call."""
LINE, SPARSE = 7, 11
"""Its modes of page segmentation: one line of text, and text anywhere."""
OPTIONS = ("--dpi", "150", "-l", "eng", "-c", "tessedit_do_invert=0", "tsv")


@dataclass(frozen=True)
class Word:
    """A word that was read: how surely (0 to 100), and its box (top, left, bottom, right) in the picture."""

    text: str
    confidence: float
    box: tuple[int, int, int, int]


def is_there() -> bool:
    """Whether the program is installed."""
    return shutil.which(PROGRAM) is not None


def read(pictures: Sequence[Picture], mode: int = LINE) -> list[list[Word]]:
    """The words of each picture, black on white. Raises `PixelsUnread`."""
    words: list[list[Word]] = []
    for start in range(0, len(pictures), AT_ONCE):
        words += _read(pictures[start : start + AT_ONCE], mode)
    return words


def _read(pictures: Sequence[Picture], mode: int) -> list[list[Word]]:
    file = io.BytesIO()
    first, *others = (Image.fromarray(picture) for picture in pictures)
    first.save(file, "TIFF", save_all=True, append_images=others)
    command = ("/usr/bin/env", "OMP_THREAD_LIMIT=1", PROGRAM, "-", "-", "--psm", str(mode), *OPTIONS)
    try:
        done = subprocess.run(command, input=file.getvalue(), capture_output=True, timeout=TIME_LIMIT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise PixelsUnread("reading its pixels takes too long") from None
    except OSError:
        raise PixelsUnread("tesseract, which reads text in pixels, cannot be run") from None
    if done.returncode:
        raise PixelsUnread("tesseract, which reads text in pixels, failed")
    return _words(done.stdout.decode("utf-8", "replace"), len(pictures))


def _words(table: str, count: int) -> list[list[Word]]:
    words: list[list[Word]] = [[] for _ in range(count)]
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] != "5" or not (text := (row["text"] or "").strip()):
            continue
        left, top = int(row["left"]), int(row["top"])
        box = (top, left, top + int(row["height"]), left + int(row["width"]))
        words[int(row["page_num"]) - 1].append(Word(text, float(row["conf"]), box))
    return words
