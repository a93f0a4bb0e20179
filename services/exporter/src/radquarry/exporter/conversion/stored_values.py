"""Voxels of any type as the 16 bits of DICOM, with the rescale that gives their values back (PS3.3 C.11.1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.valuerep import format_number_as_ds

from radquarry.exporter.conversion.refusing import Refused

STEPS = 65535


@dataclass(frozen=True)
class Stored:
    """`voxels` are uint16 or int16; a value is voxel x `slope` + `intercept`; `note` says what precision is lost."""

    voxels: NDArray[np.uint16] | NDArray[np.int16]
    slope: str = "1"
    intercept: str = "0"
    note: str = ""

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
    if raw.dtype.kind in "iu":
        return _whole(raw, slope, intercept)
    if raw.dtype.kind != "f":
        raise Refused("its voxels are colours or complex numbers, not values")
    if not np.isfinite(raw).all():
        raise Refused("some of its voxels are no numbers (NaN or infinite), which DICOM cannot hold")
    if raw.size and np.abs(raw).max() < 2.0**53 and (raw == np.rint(raw)).all() and np.ptp(raw) <= STEPS:
        return _whole(raw.astype(np.int64), slope, intercept)
    return _rounded(raw, slope, intercept)


def _whole(raw: NDArray[np.generic], slope: float, intercept: float) -> Stored:
    low, high = int(raw.min()), int(raw.max())
    if low >= 0 and high <= STEPS:
        return Stored(raw.astype(np.uint16), *_rescale(slope, intercept))
    if low >= -32768 and high <= 32767:
        return Stored(raw.astype(np.int16), *_rescale(slope, intercept))
    if high - low > STEPS:
        raise Refused("its whole numbers are spread over more than 16 bits can hold")
    shifted = (raw.astype(object) - low).astype(np.uint16) if raw.dtype == np.uint64 else raw.astype(np.int64) - low
    return Stored(shifted.astype(np.uint16), *_rescale(slope, slope * low + intercept))


def _rounded(raw: NDArray[np.generic], slope: float, intercept: float) -> Stored:
    """Slope and intercept are taken as readers have them, in single precision."""
    values = raw.astype(np.float64) * slope + intercept
    low, high = float(values.min()), float(values.max())
    start = float(np.nextafter(np.float32(low), np.float32(-np.inf)))
    step = float(np.nextafter(np.float32((high - start) / STEPS), np.float32(np.inf)))
    if not np.isfinite([start, step]).all() or step < np.finfo(np.float32).tiny:
        raise Refused("its values are too large, too small or too close together for 16 bits")
    voxels = np.clip(np.rint((values - start) / step), 0, STEPS).astype(np.uint16)
    note = f"values that are no whole numbers are rounded to steps of {step:.3g}"
    return Stored(voxels, *_rescale(step, start), note=note)


def _rescale(slope: float, intercept: float) -> tuple[str, str]:
    return format_number_as_ds(slope), format_number_as_ds(intercept)
