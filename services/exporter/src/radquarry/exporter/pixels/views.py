"""Frames as pictures of 256 greys, in each of the ways in which a reader may see text in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from radquarry.exporter.pixels.decoding import Samples
from radquarry.exporter.pixels.tesseract import Picture

Frame = npt.NDArray[Any]
COLOURFUL = 48
"""From this difference between a colour and the brightness on text may stand in the colour alone."""
MOST_WINDOWS = 6
"""Of a file that are looked through."""
LUMINANCE = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Shown:
    """How a file wants to be shown: windows as (centre, width) in stored values, a palette of (n, 3) of 8 bits."""

    photometric: str
    windows: tuple[tuple[float, float], ...] = ()
    palette: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    first_mapped: int = 0


def pictures_of(frame: Frame, shown: Shown) -> tuple[list[Picture], list[Picture]]:
    """Pictures of the frame's rows and columns: as they are seen, and of colours, in which only reading counts."""
    if shown.photometric == "PALETTE COLOR" and shown.palette is not None:
        last = len(shown.palette) - 1
        bright, *colours = _of_colour(shown.palette[np.clip(frame.astype(np.int64) - shown.first_mapped, 0, last)])
        return [bright], colours
    if frame.ndim == 3:
        bright, *colours = _of_colour(_rgb(frame) if shown.photometric == "YBR_FULL" else frame)
        return [bright], colours
    return list(_of_grey(frame, shown.windows)), []


def _of_grey(frame: Frame, windows: tuple[tuple[float, float], ...]) -> Iterator[Picture]:
    lowest, highest = int(frame.min()), int(frame.max())
    if frame.dtype.itemsize == 1 and highest - lowest > 96:
        yield frame.astype(np.uint8) if frame.dtype.kind == "u" else (frame.astype(np.int16) + 128).astype(np.uint8)
    elif highest > lowest:
        yield _stretched(frame, lowest, highest)
    if frame.dtype.itemsize == 1 or highest == lowest:
        return
    sample = frame[::2, ::2]
    seen = {(lowest, highest)}
    low, high = (float(each) for each in np.percentile(sample, (1, 99)))
    ranges = [(low, high), *((centre - width / 2, centre + width / 2) for centre, width in windows[:MOST_WINDOWS])]
    for begin, end in ranges:
        wide = (highest - lowest) or 1
        if end > begin and all(abs(begin - a) + abs(end - b) > 0.15 * min(wide, b - a) for a, b in seen):
            seen.add((int(begin), int(end)))
            yield _stretched(frame, begin, end)


def _stretched(frame: Frame, low: float, high: float) -> Picture:
    scaled = (frame.astype(np.float32) - low) * (255.0 / (high - low))
    stretched: Picture = np.clip(scaled, 0, 255).astype(np.uint8)
    return stretched


def _of_colour(rgb: Frame) -> Iterator[Picture]:
    brightness = (rgb.astype(np.float32) @ np.array(LUMINANCE, np.float32)).astype(np.uint8)
    yield brightness
    spread = rgb.max(axis=2).astype(np.int16) - rgb.min(axis=2)
    if int((spread > COLOURFUL).sum()) > 12:
        yield rgb.max(axis=2)
        yield rgb.min(axis=2)


def _rgb(ybr: Frame) -> Frame:
    """PS3.3 section C.7.6.3.1.2."""
    y, cb, cr = (ybr[..., channel].astype(np.float32) for channel in range(3))
    rgb = (y + 1.402 * (cr - 128), y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), y + 1.772 * (cb - 128))
    clipped: Frame = np.clip(np.stack(rgb, axis=2), 0, 255).astype(np.uint8)
    return clipped


def darkest(samples: Samples, shown: Shown) -> npt.NDArray[Any]:
    """The value that a blanked pixel gets: black, or the darkest that the frames have."""
    kind = samples.frames.dtype
    if samples.photometric == "RGB":
        return np.zeros(3, kind)
    if samples.photometric == "YBR_FULL":
        return np.array((0, 128, 128), kind)
    if samples.photometric == "PALETTE COLOR" and shown.palette is not None:
        index = int(shown.palette.astype(np.int32).sum(axis=1).argmin()) + shown.first_mapped
        return np.array(np.clip(index, np.iinfo(kind).min, np.iinfo(kind).max), kind)
    one = samples.frames.max() if samples.photometric == "MONOCHROME1" else samples.frames.min()
    return np.array(one, kind)
