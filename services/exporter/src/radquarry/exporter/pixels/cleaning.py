"""Cleans a file's pixels: what lies outside the picture, then every line of text; then it is read again."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.dicom_bytes.elements import BIG, found, plain
from radquarry.exporter.dicom_bytes.part10 import DicomFile
from radquarry.exporter.pixels.decoding import Samples, decoded
from radquarry.exporter.pixels.finding import texts_in
from radquarry.exporter.pixels.known_devices import known_devices
from radquarry.exporter.pixels.places import Found
from radquarry.exporter.pixels.regions import known_boxes
from radquarry.exporter.pixels.rewriting import rewritten
from radquarry.exporter.pixels.showing import shown_as
from radquarry.exporter.pixels.tesseract import is_there
from radquarry.exporter.pixels.text_lines import Box
from radquarry.exporter.pixels.unread import PixelsUnread
from radquarry.exporter.pixels.views import Shown, darkest, pictures_of
from radquarry.exporter.pixels.wording import MAY_STAY, Wording, wording_of
from radquarry.exporter.profile.region import Region

ROUNDS = 4
"""How often a file is read at most; what still says text in the last one holds it back."""
MOST_SECONDS = 1800.0
"""That one file may take."""
MOST_SAMPLES = 1 << 31
"""Of one file."""
RING = 4
"""Pixels around what was blanked that say what is around it."""
THOROUGH_FRAMES = 16
"""Frames of a file that are read upright too: pages of a document each say something else."""


def samples_beside(file: Path) -> Path:
    """Where the samples of a file lie while it is cleaned."""
    return file.with_name(f"{file.name}.samples")


@dataclass(frozen=True)
class CleanedPixels:
    """The file with its cleaned samples, and which part of them was blanked (0 to 1)."""

    file: DicomFile
    blanked: float


@dataclass
class _Work:
    """One file's frames; those that are the same byte for byte are read once."""

    samples: Samples
    shown: Shown
    wording: Wording
    black: npt.NDArray[Any]
    until: float
    blanked: npt.NDArray[np.bool_] = field(repr=False)

    def blank(self, boxes: Iterable[Box]) -> None:
        """In every frame."""
        for top, left, bottom, right in boxes:
            self.samples.frames[:, top:bottom, left:right] = self.black
            self.blanked[top:bottom, left:right] = True

    def texts(self, *, thorough: bool) -> Iterator[Found]:
        """Of all frames, and of their mean, in which what stands still is clearest."""
        seen: set[bytes] = set()
        frames = self.samples.frames
        for number, frame in enumerate(frames):
            digest = blake2b(frame.tobytes(), digest_size=32).digest()
            if digest not in seen:
                seen.add(digest)
                yield from self._texts(frame, thorough=thorough and number < THOROUGH_FRAMES)
        if len(seen) > 2 and self.shown.palette is None:
            yield from self._texts(_mean(frames), thorough=thorough)

    def _texts(self, frame: npt.NDArray[Any], *, thorough: bool) -> list[Found]:
        if time.monotonic() > self.until:
            raise PixelsUnread("reading its pixels takes too long")
        seen = frame if self.shown.palette is not None else filled(frame, self.blanked)
        pictures, colours = pictures_of(seen, self.shown)
        return texts_in(pictures, self.wording, colours=colours, thorough=thorough)


def filled(frame: npt.NDArray[Any], blanked: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """The frame as it is read again: what was blanked is like what is around it, as its edges would look printed."""
    if not blanked.any():
        return frame
    smooth = frame.copy()
    labels, _ = ndimage.label(blanked)
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        place = tuple(slice(max(0, side.start - RING), side.stop + RING) for side in (rows, columns))
        own = labels[place] == number
        around = ndimage.binary_dilation(own, iterations=RING) & ~blanked[place]
        if around.any():
            smooth[place][own] = np.median(smooth[place][around], axis=0)
    return smooth


def _mean(frames: npt.NDArray[Any]) -> npt.NDArray[Any]:
    total = np.zeros(frames.shape[1:], np.float64)
    for frame in frames:
        total += frame
    mean: npt.NDArray[Any] = np.rint(total / len(frames)).astype(frames.dtype)
    return mean


class PixelCleaner:
    """Cleans files as a profile says: texts that may stay, and regions of devices, both beside those that are known."""

    def __init__(self, texts_that_stay: tuple[str, ...] = (), regions: tuple[Region, ...] = ()) -> None:
        self._stay = (*MAY_STAY, *texts_that_stay)
        self._regions = (*known_devices(), *regions)

    def words(self) -> frozenset[str]:
        """Those that may stay, in lower case."""
        return frozenset(word.casefold() for text in self._stay for word in text.split())

    def clean(self, original: DicomFile, cleaned: DicomFile, identity: Identity, at: Path) -> CleanedPixels:
        """`cleaned` lies in the file `at`; the samples lie beside it until they are written. Raises `PixelsUnread`."""
        if not is_there():
            raise PixelsUnread("text is likely in the pixels, and tesseract, which reads it, is not installed")
        _refuse_large(original)
        samples = decoded(at, samples_beside(at))
        shown = shown_as(original, samples.photometric)
        wording = wording_of(self._stay, identity.spellings(), frozenset(identity.names | identity.ids))
        size = samples.frames.shape[1:3]
        work = _Work(
            samples, shown, wording, darkest(samples, shown), time.monotonic() + MOST_SECONDS, np.zeros(size, bool)
        )
        _without_unused_bits(samples, original)
        work.blank(known_boxes(original.dataset, self._regions, *size))
        _clean_texts(work)
        if not work.blanked.any() and plain(original.dataset, 0x00280301).upper() == "YES":
            raise PixelsUnread("Burned In Annotation says that text is in the pixels, and none was found")
        return CleanedPixels(rewritten(cleaned, samples, _data(samples, cleaned)), float(work.blanked.mean()))


def _clean_texts(work: _Work) -> None:
    for attempt in range(ROUNDS):
        texts = _to_blank(list(work.texts(thorough=not attempt)))
        if not texts:
            return
        if attempt == ROUNDS - 1 and any(each.sure for each in texts):
            raise PixelsUnread("there is still text in its pixels after they were cleaned")
        work.blank(box for each in texts for box in each.boxes)


def _to_blank(found: list[Found]) -> list[Found]:
    """A part of a line that may stay, read otherwise in another picture, stays with it."""
    stay = [each.box for each in found if each.meaning == "stays"]
    texts = [each for each in found if each.meaning != "stays"]
    return [each for each in texts if each.meaning == "own" or not any(_is_inside(each.box, box) for box in stay)]


def _is_inside(box: Box, other: Box) -> bool:
    """Up to the room that a text gets around it."""
    room = max(3, (other[2] - other[0]) // 2)
    least = all(box[side] >= other[side] - room for side in (0, 1))
    return least and all(box[side] <= other[side] + room for side in (2, 3))


def _refuse_large(file: DicomFile) -> None:
    sides = [_number(file, tag) for tag in (0x00280010, 0x00280011, 0x00280002)]
    frames = plain(file.dataset, 0x00280008) or "1"
    count = int(frames) if frames.isascii() and frames.isdecimal() and len(frames) < 10 else 0
    if not 0 < sides[0] * sides[1] * max(1, sides[2]) * count <= MOST_SAMPLES:
        raise PixelsUnread("its pixels are too many, or it does not say how many")


def _number(file: DicomFile, tag: int) -> int:
    element = found(file.dataset, tag)
    order: Literal["big", "little"] = "big" if file.transfer_syntax_uid == BIG else "little"
    return 0 if element is None or len(element.value) != 2 else int.from_bytes(element.value, order)


def _without_unused_bits(samples: Samples, file: DicomFile) -> None:
    """An overlay, or anything else, may lie in the bits above those that are stored."""
    stored, high, kind = _number(file, 0x00280101), _number(file, 0x00280102), samples.frames.dtype
    if not 0 < stored < samples.bits_allocated:
        return
    if high != stored - 1:
        raise PixelsUnread("its pixels are of a kind that is not read")
    unused = samples.bits_allocated - stored
    for number in range(len(samples.frames)):
        if kind.kind == "u":
            samples.frames[number] &= np.array((1 << stored) - 1, kind)
        else:
            samples.frames[number] <<= unused
            samples.frames[number] >>= unused


def _data(samples: Samples, file: DicomFile) -> memoryview:
    frames = samples.frames
    if file.transfer_syntax_uid == BIG and frames.dtype.itemsize > 1:
        frames.byteswap(inplace=True)
    flat = frames.reshape(-1).view(np.uint8)
    return flat.data if not flat.size & 1 else memoryview(flat.tobytes() + b"\0")
