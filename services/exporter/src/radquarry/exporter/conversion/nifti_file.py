"""NIfTI, in one file or two: affine, voxels as they are stored, their scaling. Every size in it is looked at first."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from radquarry.exporter.conversion.refusing import Refused

MOST_BYTES = 2 << 30
"""Unpacked."""
MOST_RATIO = 200
LARGE = 256 << 20
"""Bytes from which it may not unpack to more than `MOST_RATIO` times what it takes: masks are mostly empty."""
MOST_SIDE = 65535
MOST_IMAGES = 100_000
PIECE, MOST_PIECE = 1 << 16, 1 << 20
"""Bytes packed and unpacked that are looked at together; few, as the rest is copied for each part that ends."""
GZIP = 16 + zlib.MAX_WBITS
MILLIMETRES = {"mm": 1.0, "meter": 1000.0, "micron": 0.001, "unknown": 1.0}
MILLISECONDS = {"sec": 1000.0, "msec": 1.0, "usec": 0.001}
OTHER_HALF = "its voxels lie in another file, of the same name with .img, which is not beside it, or there are two"
OPAQUE = 255
APART = 1e-3
"""How far (of the smallest voxel) the two affines of a file may lie apart at a corner, unsaid."""


@dataclass(frozen=True)
class Volumes:
    """`raw`: x, y, z, time as stored, Fortran order; a value is raw x `slope` + `intercept`; `affine` in mm, RAS.

    Colours have a fifth axis of red, green and blue, 8 bits each, and no scaling.
    `repetition_time` in ms, 0 where unknown.
    """

    raw: NDArray[np.generic]
    slope: float
    intercept: float
    affine: NDArray[np.float64]
    repetition_time: float
    notes: tuple[str, ...]


def volumes_in(view: memoryview, voxels: memoryview | None = None) -> Volumes:
    """`voxels` are the file that a header of a pair has beside it. Raises `Refused`."""
    data = _unpacked(view)
    header = _header(data)
    shape = _shape(header)
    dtype = header.get_data_dtype()
    is_colour = dtype.names is not None and dtype.names[:3] == ("R", "G", "B")
    if not is_colour and (dtype.fields or dtype.kind not in "iuf" or dtype.itemsize > 8):
        raise Refused("its voxels are complex numbers, or floating-point numbers of more than 64 bits")
    if _is_half(header):
        if voxels is None:
            raise Refused(OTHER_HALF)
        data = _unpacked(voxels)
    start, size = _start(header), int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size > MOST_BYTES or start + size > len(data):
        raise Refused("it is cut, or larger than can be converted")
    stored = data[start : start + size]
    slope = intercept = None
    if is_colour:
        raw = _colours(stored, shape, dtype.itemsize)
    else:
        raw = np.frombuffer(stored, dtype).reshape(shape, order="F")
        slope, intercept = _scaling(header)
    affine, notes = _affine(header, shape)
    return Volumes(
        raw,
        1.0 if slope is None else float(slope),
        0.0 if intercept is None else float(intercept),
        affine,
        _repetition_time(header) if shape[3] > 1 else 0.0,
        notes,
    )


def _scaling(header: Nifti1Header) -> tuple[float | None, float | None]:
    try:
        slope, intercept = header.get_slope_inter()
    except HeaderDataError:
        raise Refused("its scaling is none: the intercept is no number") from None
    return slope, intercept


def _units(header: Nifti1Header) -> tuple[str, str]:
    """Of length and of time."""
    try:
        length, time = header.get_xyzt_units()
    except KeyError:
        raise Refused("it names units of length or time that NIfTI does not know") from None
    return length, time


def _start(header: Nifti1Header) -> int:
    offset = float(header["vox_offset"])
    if not np.isfinite(offset) or offset < (0 if _is_half(header) else header.single_vox_offset):
        raise Refused("it says that its voxels lie in its header")
    return int(offset)


def _is_half(header: Nifti1Header) -> bool:
    return bytes(header["magic"])[:2] == b"ni"


def _colours(stored: memoryview, shape: tuple[int, ...], samples: int) -> NDArray[np.generic]:
    """Three samples of each voxel, which lie together; a fourth one says how transparent it is."""
    colours = np.moveaxis(np.frombuffer(stored, np.uint8).reshape((samples, *shape), order="F"), 0, -1)
    if samples == 4 and not (colours[..., 3] == OPAQUE).all():
        raise Refused("some of its voxels are transparent, which DICOM cannot say: make RGB of it")
    return colours[..., :3]


def _unpacked(view: memoryview) -> memoryview:
    if bytes(view[:2]) != b"\x1f\x8b":
        return view
    inflater, data = zlib.decompressobj(GZIP), bytearray()
    try:
        for start in range(0, len(view), PIECE):
            waiting = bytes(view[start : start + PIECE])
            while waiting:
                if inflater.eof and not waiting.strip(b"\0"):
                    break  # padding
                if inflater.eof:  # a file may be several, one after the other (RFC 1952 section 2.2)
                    inflater = zlib.decompressobj(GZIP)
                data += inflater.decompress(waiting, MOST_PIECE)
                waiting = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
                if len(data) > MOST_BYTES or (len(data) > LARGE and len(data) > MOST_RATIO * len(view)):
                    raise Refused("it unpacks to more than can be converted, or to very much more than it is")
        data += b"" if inflater.eof else inflater.flush()
    except zlib.error:
        raise Refused("it is damaged (gzip)") from None
    if not inflater.eof:
        raise Refused("it is cut (gzip)")
    return memoryview(data)


def _header(data: memoryview) -> Nifti1Header:
    two = int.from_bytes(data[:4], "little") == 540 or int.from_bytes(data[:4], "big") == 540
    kind: type[Nifti1Header] = nibabel.Nifti2Header if two else nibabel.Nifti1Header
    size = 540 if two else 348
    if len(data) < size:
        raise Refused("it is cut")
    try:
        header = kind(bytes(data[:size]), check=False)
        header.check_fix(error_level=40)
        header.get_data_dtype()
    except (HeaderDataError, KeyError, ValueError):
        raise Refused("its header is damaged") from None
    if bytes(header["magic"])[:2] not in (b"n+", b"ni"):
        raise Refused("its header is damaged")
    return header


def _shape(header: Nifti1Header) -> tuple[int, int, int, int]:
    count = int(header["dim"][0])
    sides = [int(side) for side in header["dim"][1 : count + 1]]
    if not 1 <= count <= 7 or min(sides) < 1 or any(side > 1 for side in sides[4:]):
        raise Refused("it has no voxels, or more than four axes")
    x, y, z, times = (*sides[:4], 1, 1, 1)[:4]
    if max(x, y) > MOST_SIDE or z * times > MOST_IMAGES:
        raise Refused(f"it has more than {MOST_SIDE} voxels along a side, or more than {MOST_IMAGES} images")
    return x, y, z, times


def _affine(header: Nifti1Header, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """By the sform, else the qform; without either nothing says which side is left."""
    try:
        forms = [
            form for form in (header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]) if form is not None
        ]
    except (HeaderDataError, ValueError):
        raise Refused("its header says in no valid way how it lies in the patient") from None
    if not forms:
        raise Refused("it does not say how it lies in the patient (no sform, no qform): left and right are unknown")
    notes = []
    unit = _units(header)[0]
    if unit == "unknown":
        notes.append("it names no unit of length: mm is taken")
    if len(forms) == 2 and _apart(forms[0], forms[1], shape):
        notes.append("its qform says another place than its sform, which is taken")
    scale = np.diag([MILLIMETRES[unit]] * 3 + [1.0])
    return scale @ np.asarray(forms[0], np.float64), tuple(notes)


def _apart(one: NDArray[np.floating], other: NDArray[np.floating], shape: tuple[int, ...]) -> bool:
    corners = np.array(np.meshgrid(*([0, size - 1] for size in shape[:3]), [1])).reshape(4, -1)
    smallest = np.linalg.norm(one[:3, :3], axis=0).min()
    return bool(np.linalg.norm(((one - other) @ corners)[:3], axis=0).max() > APART * max(smallest, 1e-6))


def _repetition_time(header: Nifti1Header) -> float:
    time = float(header["pixdim"][4]) * MILLISECONDS.get(_units(header)[1], 0.0)
    return time if np.isfinite(time) and 0 < time < 1e9 else 0.0


def voxels_in(path: Path) -> int:
    """How many voxels a packed file has, all of which are there. Raises `Refused`."""
    data = _unpacked(memoryview(path.read_bytes()))
    header = _header(data)
    sides = header["dim"][1 : int(header["dim"][0]) + 1]
    voxels = int(np.prod([int(side) for side in sides], dtype=object))
    if int(header["vox_offset"]) + voxels * header.get_data_dtype().itemsize > len(data):
        raise Refused("what was made is cut")
    return voxels
