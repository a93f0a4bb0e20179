"""Voxels of any type as the 16 bits of DICOM, with the rescale that gives their values back (PS3.3 C.11.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.valuerep import format_number_as_ds

from radquarry.exporter.conversion.refusing import Refused

STEPS = 65535
BLOCK = 1 << 20
COLOUR_AXES = 5
"""x, y, z, time, and the sample."""


@dataclass(frozen=True)
class Stored:
    """`voxels` are uint16 or int16; a value is voxel x `slope` + `intercept`; `note` says what precision is lost.

    Colours are uint8 and stay as they are.
    """

    voxels: NDArray[np.uint16] | NDArray[np.int16] | NDArray[np.uint8]
    slope: str = "1"
    intercept: str = "0"
    note: str = ""

    @property
    def is_colour(self) -> bool:
        """Whether a voxel is red, green and blue."""
        return self.voxels.ndim == COLOUR_AXES

    @property
    def is_rescaled(self) -> bool:
        """Whether a voxel is not its value already."""
        return (float(self.slope), float(self.intercept)) != (1.0, 0.0)

    def values(self) -> tuple[float, float]:
        """The lowest and the highest."""
        slope, intercept = float(self.slope), float(self.intercept)
        ends = [int(end) * slope + intercept for end in (self.voxels.min(), self.voxels.max())]
        return min(ends), max(ends)


def stored(raw: NDArray[np.generic], slope: float, intercept: float) -> Stored:
    """`raw` as the file holds it, with the file's own scaling. Raises `Refused`.

    Whole numbers are exact or refused. Others are rounded to 65536 steps from the lowest to the highest.
    """
    if raw.ndim == COLOUR_AXES:
        return Stored(raw.astype(np.uint8, copy=False))
    if raw.dtype.kind in "iu":
        return _whole(raw, slope, intercept)
    if raw.dtype.kind != "f":
        raise Refused("its voxels are complex numbers, not values")
    if not all(np.isfinite(block).all() for block in _blocks(raw)):
        raise Refused("some of its voxels are no numbers (NaN or infinite), which DICOM cannot hold")
    low, high = float(raw.min()), float(raw.max())
    if (
        max(-low, high) < 2.0**53
        and high - low <= STEPS
        and all((block == np.rint(block)).all() for block in _blocks(raw))
    ):
        return _whole(raw.astype(np.int64), slope, intercept)
    return _rounded(raw, slope, intercept)


def _blocks(raw: NDArray[np.generic]) -> Iterator[NDArray[np.generic]]:
    """Parts of it in its own order of memory, so that what is reckoned of them stays small."""
    flat = raw.reshape(-1, order=_order(raw))
    for start in range(0, flat.size, BLOCK):
        yield flat[start : start + BLOCK]


def _order(raw: NDArray[np.generic]) -> Literal["C", "F"]:
    return "F" if raw.flags.f_contiguous else "C"


def _whole(raw: NDArray[np.generic], slope: float, intercept: float) -> Stored:
    low, high = int(raw.min()), int(raw.max())
    if low >= 0 and high <= STEPS:
        return Stored(raw.astype(np.uint16), *_rescale(slope, intercept))
    if low >= -32768 and high <= 32767:
        return Stored(raw.astype(np.int16), *_rescale(slope, intercept))
    if high - low > STEPS:
        raise Refused("its whole numbers are spread over more than 16 bits can hold")
    start = _rescale(slope, slope * low + intercept)
    if abs(low) > 2**53 or float(start[1]) != slope * low + intercept:
        raise Refused("its whole numbers have more digits than a Rescale Intercept can hold")
    return Stored(np.subtract(raw, raw.dtype.type(low)).astype(np.uint16), *start)


def _rounded(raw: NDArray[np.generic], slope: float, intercept: float) -> Stored:
    """Slope and intercept are taken as readers have them, in single precision."""
    ends = [float(end) * slope + intercept for end in (raw.min(), raw.max())]
    low, high = min(ends), max(ends)
    start = float(np.nextafter(np.float32(low), np.float32(-np.inf)))
    step = float(np.nextafter(np.float32((high - start) / STEPS), np.float32(np.inf)))
    if not np.isfinite([start, step]).all() or step < np.finfo(np.float32).tiny:
        raise Refused("its values are too large, too small or too close together for 16 bits")
    flat = np.concatenate([_steps(block.astype(np.float64) * slope + intercept, start, step) for block in _blocks(raw)])
    voxels = flat.reshape(raw.shape, order=_order(raw))
    note = f"values that are no whole numbers are rounded to steps of {step:.3g}"
    return Stored(voxels, *_rescale(step, start), note=note)


def _steps(values: NDArray[np.float64], start: float, step: float) -> NDArray[np.uint16]:
    return np.clip(np.rint((values - start) / step), 0, STEPS).astype(np.uint16)


def _rescale(slope: float, intercept: float) -> tuple[str, str]:
    return format_number_as_ds(slope), format_number_as_ds(intercept)
