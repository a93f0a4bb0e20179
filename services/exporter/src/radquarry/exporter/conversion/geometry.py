"""From an affine of NIfTI (voxel to RAS in mm) to DICOM's planes (LPS, PS3.3 C.7.6.2), and back.

Axes stay what they are: the first is along a row, the second along a column, the third from slice to slice. Each is
turned round where that shows the picture as people know it: rows to the patient's left or back, columns to the back or
the feet, slices along the normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.valuerep import format_number_as_ds

from radquarry.exporter.conversion.refusing import Refused

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
SHOWN = np.array([1.0, 1.0, -1.0])
"""The direction of rows and columns along each axis of the patient."""
SMALLEST, LARGEST, FARTHEST = 1e-5, 1e5, 1e7
"""Spacings and places in mm."""
MOST_OFF = 0.01
"""How much of a voxel a corner may lie elsewhere than the affine says: axes that are not at right angles."""

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Planes:
    """Slices of one size, one after the other. All in LPS and mm, as DICOM writes them (DS, 16 characters).

    `turned`: which of the volume's three axes run the other way round in the files. `rows_apart` and `columns_apart`
    are Pixel Spacing in its order.
    """

    image_orientation: tuple[str, ...]
    rows_apart: str
    columns_apart: str
    slices_apart: str
    positions: tuple[tuple[str, ...], ...]
    turned: tuple[bool, bool, bool]

    def as_written(self, volume: NDArray[np.generic]) -> NDArray[np.generic]:
        """A volume (x, y, z, and what a voxel has) as slices, rows, columns."""
        turned = volume[tuple(slice(None, None, -1 if turn else 1) for turn in self.turned)]
        return turned.transpose(2, 1, 0, *range(3, turned.ndim))


def planes_of(affine: NDArray[np.floating], shape: Sequence[int]) -> Planes:
    """`affine` 4 x 4, `shape` the voxels along its three axes. Raises `Refused`."""
    ras = np.asarray(affine, np.float64)
    if not np.isfinite(ras).all() or np.abs(ras).max() > FARTHEST:
        raise Refused("its affine is none: a number in it is too large, or none")
    lps = RAS_TO_LPS @ ras
    lengths = np.linalg.norm(lps[:3, :3], axis=0)
    if not ((lengths > SMALLEST) & (lengths < LARGEST)).all():
        raise Refused("its affine is none: voxels have no size, or one that is no patient's")
    turned, lps = _turned(lps, shape)
    row, column = _unit(lps[:3, 0]), _unit(lps[:3, 1])
    column = _unit(column - row * (row @ column))
    _check_right_angles(lps, shape, (row, column))
    positions = tuple(_numbers(lps[:3, 3] + number * lps[:3, 2]) for number in range(shape[2]))
    spacings = _numbers(lengths)
    orientation = (*_numbers(row), *_numbers(column))
    return Planes(orientation, spacings[1], spacings[0], spacings[2], positions, turned)


def affine_of(planes: Planes, shape: Sequence[int]) -> NDArray[np.float64]:
    """The affine (RAS) that a reader of the files finds for the volume as it was given."""
    cosines = np.array([float(text) for text in planes.image_orientation])
    first = np.array([float(text) for text in planes.positions[0]])
    last = np.array([float(text) for text in planes.positions[-1]])
    lps = np.eye(4)
    lps[:3, 0] = cosines[:3] * float(planes.columns_apart)
    lps[:3, 1] = cosines[3:] * float(planes.rows_apart)
    lps[:3, 2] = np.cross(cosines[:3], cosines[3:]) * float(planes.slices_apart)
    if len(planes.positions) > 1:
        lps[:3, 2] = (last - first) / (len(planes.positions) - 1)
    lps[:3, 3] = first
    for axis, turn in enumerate(planes.turned):
        if turn:
            lps = _other_way(lps, axis, shape[axis])
    return RAS_TO_LPS @ lps


def _turned(lps: NDArray[np.float64], shape: Sequence[int]) -> tuple[tuple[bool, bool, bool], NDArray[np.float64]]:
    turned = []
    for axis in (0, 1):
        main = int(np.argmax(np.abs(lps[:3, axis])))
        turned.append(bool(lps[main, axis] * SHOWN[main] < 0))
        lps = _other_way(lps, axis, shape[axis]) if turned[-1] else lps
    against = bool(np.cross(lps[:3, 0], lps[:3, 1]) @ lps[:3, 2] < 0)
    return (turned[0], turned[1], against), _other_way(lps, 2, shape[2]) if against else lps


def _other_way(lps: NDArray[np.float64], axis: int, voxels: int) -> NDArray[np.float64]:
    other = lps.copy()
    other[:3, 3] += lps[:3, axis] * (voxels - 1)
    other[:3, axis] = -lps[:3, axis]
    return other


def _check_right_angles(lps: NDArray[np.float64], shape: Sequence[int], axes: tuple[Vector, Vector]) -> None:
    lengths = np.linalg.norm(lps[:3, :3], axis=0)
    straight = np.column_stack([axes[0], axes[1], np.cross(axes[0], axes[1])]) * lengths
    corners = np.array(np.meshgrid(*([0, size - 1] for size in shape[:3]))).reshape(3, -1)
    off = np.linalg.norm((straight - lps[:3, :3]) @ corners, axis=0).max()
    if off > MOST_OFF * lengths.min():
        raise Refused("its axes are not at right angles (the affine is sheared), which slices of DICOM cannot say")


def _unit(vector: Vector) -> Vector:
    return vector / np.linalg.norm(vector)


def _numbers(values: Vector) -> tuple[str, ...]:
    return tuple(format_number_as_ds(float(value) + 0.0) for value in values)
