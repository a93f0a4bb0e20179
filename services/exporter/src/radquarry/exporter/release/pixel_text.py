"""The release check's own look at cleaned pixels: what a program that reads whole pictures still finds in them.

It shares nothing with what cleans them: another reader of the samples, other pictures, another way to find text.
"""

import io
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from radquarry.exporter.release.raw_values import BIG_ENDIAN, NotReadable, Value, text_of

ROWS, COLUMNS, CHANNELS, FRAMES, BITS, SIGNED, COLOURS, PIXEL_DATA = (
    0x00280010, 0x00280011, 0x00280002, 0x00280008, 0x00280100, 0x00280103, 0x00280004, 0x7FE00010,
)  # fmt: skip
PALETTE = (0x00281201, 0x00281202, 0x00281203)
WANTED = frozenset((ROWS, COLUMNS, CHANNELS, FRAMES, BITS, SIGNED, COLOURS, PIXEL_DATA, *PALETTE))
"""Attributes at the top that are needed to look at pixels."""
COMMAND = ("tesseract", "stdin", "stdout", "--psm", "11", "--dpi", "200", "-l", "eng", "tsv")
SECONDS = 300
SURELY, LONG = 90.0, 6
"""A word so sure and of so many letters is one, whosever it is."""
SMALL, BOTH_SIDES = 700, 8
"""Pictures of fewer rows are doubled; of so many frames at most the negative is read, too."""


@dataclass(frozen=True)
class Reader:
    """What must not be read in pixels, and which words may be."""

    is_own: Callable[[str], bool]
    allowed: frozenset[str]

    def faults(self, values: Mapping[int, Value], syntax: str) -> Iterator[str]:
        """What is read that should not be there; at most one fault a frame. Raises `NotReadable`."""
        seen: set[bytes] = set()
        frames = _frames(values, syntax)
        for frame in frames:
            if (raw := frame.tobytes()) in seen:
                continue
            seen.add(raw)
            lines = _read(_picture(frame, values), negative=len(frames) <= BOTH_SIDES)
            texts = [" ".join(word for word, _ in line) for line in lines]
            if any(self.is_own(text) or self.is_own(text.replace(" ", "")) for text in texts):
                yield "show a name, an id or a date of the patient"
            elif any(self._is_word(word, sure) for line in lines for word, sure in line):
                yield "show text"

    def _is_word(self, word: str, sure: float) -> bool:
        letters = "".join(filter(str.isalnum, word))
        return sure >= SURELY and len(letters) >= LONG and letters.casefold() not in self.allowed


def _frames(values: Mapping[int, Value], syntax: str) -> npt.NDArray[Any]:
    order = "big" if syntax == BIG_ENDIAN else "little"
    number = {tag: int.from_bytes(bytes(values[tag].data[:2]), order) for tag in (ROWS, COLUMNS, CHANNELS, BITS, SIGNED)
              if tag in values}  # fmt: skip
    frames = int(text_of(values[FRAMES].data) or 1) if FRAMES in values else 1
    shape = [frames, number[ROWS], number[COLUMNS], number.get(CHANNELS, 1)]
    kind = np.dtype(f"{'>' if order == 'big' else '<'}{'i' if number.get(SIGNED) else 'u'}{number[BITS] // 8}")
    size = int(np.prod(shape)) * kind.itemsize
    if len(values[PIXEL_DATA].data) not in (size, size + size % 2):
        raise NotReadable("pixel data has not the length that rows, columns and frames say")
    return np.frombuffer(values[PIXEL_DATA].data[:size], kind).reshape(shape)


def _picture(frame: npt.NDArray[Any], values: Mapping[int, Value]) -> Image.Image:
    colours = text_of(values[COLOURS].data)
    if colours == "PALETTE COLOR":
        table = np.stack([_channel(values[tag]) for tag in PALETTE], axis=-1)
        lowest = int(frame.min())
        frame = table[np.clip(frame[..., 0].astype(np.int64) - min(0, lowest), 0, len(table) - 1)]
    if frame.shape[-1] == 3:
        bright = frame[..., 0] if colours.startswith("YBR") else frame.max(axis=-1)
        return Image.fromarray(np.ascontiguousarray(bright, np.uint8))
    grey = frame[..., 0].astype(np.float64)
    grey -= grey.min()
    return Image.fromarray((grey * (255 / max(1.0, float(grey.max())))).astype(np.uint8))


def _channel(value: Value) -> npt.NDArray[np.uint8]:
    raw = np.frombuffer(value.data, np.uint8)
    wide = len(raw) > 256 and len(raw) % 2 == 0
    return raw.reshape(-1, 2).max(axis=1) if wide else raw


def _read(picture: Image.Image, *, negative: bool) -> list[list[tuple[str, float]]]:
    if picture.height < SMALL:
        picture = picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.LANCZOS)
    picture = ImageOps.autocontrast(picture)
    sides = [ImageOps.invert(picture), picture] if negative else [ImageOps.invert(picture)]
    lines: list[list[tuple[str, float]]] = []
    for side in sides:
        file = io.BytesIO()
        side.save(file, "PNG", compress_level=1)
        lines += _lines(file.getvalue())
    return lines


def _lines(png: bytes) -> list[list[tuple[str, float]]]:
    try:
        done = subprocess.run(("/usr/bin/env", "OMP_THREAD_LIMIT=1", *COMMAND), input=png, capture_output=True,
                              timeout=SECONDS, check=True)  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        raise NotReadable("its pixels cannot be read again") from None
    lines: dict[tuple[str, ...], list[tuple[str, float]]] = {}
    for row in done.stdout.decode("utf-8", "replace").splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
            lines.setdefault(tuple(cells[1:5]), []).append((cells[11].strip(), float(cells[10])))
    return list(lines.values())
