"""DICOM images as PNG: each frame as it is meant to be shown (PS3.3 C.11, PS3.4 N.2), 8 bits."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import FileDataset
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import iter_pixels

from radquarry.dicom.jpeg_of_12_bits import add_jpeg_of_12_bits
from radquarry.exporter.conversion.dicom_file import read_dicom, read_safely
from radquarry.exporter.conversion.raster import MOST_PIXELS
from radquarry.exporter.conversion.refusing import Refused

MOST_FRAMES = 10_000
LOOK = (
    "BitsStored", "PixelRepresentation", "PhotometricInterpretation", "ModalityLUTSequence", "RescaleSlope",
    "RescaleIntercept", "VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction", "PresentationLUTShape",
)  # fmt: skip
"""What says how a frame looks."""
GROUPS = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
"""The same in the functional groups of enhanced images (C.7.6.16)."""
FAR = 1e15
UNKNOWN = "its pixels cannot be decoded: they are damaged, or compressed in a way that is not known here"


def frames_of(view: memoryview) -> Iterator[tuple[int, int, bytes]]:
    """Number from 1, how many there are, PNG. Raises `Refused`."""
    dataset = read_dicom(view)
    with read_safely("its header is damaged"):
        frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
        pixels = int(dataset.get("Rows") or 0) * int(dataset.get("Columns") or 0)
        floating = "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset
    if not pixels or not ("PixelData" in dataset or floating):
        raise Refused("it holds no image")
    if pixels > MOST_PIXELS or frames > MOST_FRAMES:
        raise Refused(f"it has more than {MOST_PIXELS} pixels in a frame, or more than {MOST_FRAMES} frames")
    number = 0
    for frame in _decoded(dataset):
        number += 1
        with read_safely("what says how it looks (window, lookup tables) is damaged"):
            shown = _shown(frame, dataset, number - 1)
        yield number, frames, _png(shown)
    if number != frames:
        raise Refused(f"it has {number} frames of {frames}")


def _decoded(dataset: FileDataset) -> Iterator[NDArray[np.generic]]:
    add_jpeg_of_12_bits()
    with read_safely(UNKNOWN):
        frames = iter_pixels(dataset)
    while True:
        with read_safely(UNKNOWN):
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def _shown(frame: NDArray[np.generic], dataset: Dataset, number: int) -> NDArray[np.uint8]:
    look = _look(dataset, number)
    if look.get("PhotometricInterpretation") == "PALETTE COLOR":
        coloured = apply_color_lut(frame, dataset)
        return (coloured >> 8 if coloured.dtype.itemsize > 1 else coloured)[..., :3].astype(np.uint8)
    if frame.ndim == 3:
        bits = int(look.get("BitsStored", 8))
        return np.asarray(frame / 2 ** max(bits - 8, 0), np.uint8)
    return _gray(frame, look)


def _look(dataset: Dataset, number: int) -> Dataset:
    """The frame's own word before that of all frames, and that before the image's."""
    look = Dataset()
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    own = (dataset.get("PerFrameFunctionalGroupsSequence") or [])[number : number + 1]
    groups = [group for item in (*shared, *own) for name in GROUPS for group in item.get(name) or []]
    for source in (dataset, *groups):
        for keyword in LOOK:
            if keyword in source:
                look[keyword] = source[keyword]
    return look


def _gray(frame: NDArray[np.generic], look: Dataset) -> NDArray[np.uint8]:
    """Modality LUT, then VOI LUT or window, then from black to white; without either, lowest to highest."""
    values = apply_modality_lut(frame, look)
    shown, low, high = _windowed(values, look)
    span = high - low if high > low else 1.0
    gray = np.rint(np.clip((shown.astype(np.float64) - low) / span, 0, 1) * 255).astype(np.uint8)
    is_inverse = look.get("PhotometricInterpretation") == "MONOCHROME1" or look.get("PresentationLUTShape") == "INVERSE"
    return np.subtract(255, gray, dtype=np.uint8) if is_inverse else gray


def _windowed(values: NDArray[np.generic], look: Dataset) -> tuple[NDArray[np.generic], float, float]:
    """Values as shown, black, white."""
    if look.get("VOILUTSequence"):
        bits = int(look.VOILUTSequence[0].LUTDescriptor[2])
        return apply_voi_lut(values, look), 0.0, float(2**bits - 1)
    try:
        if look.get("WindowWidth") is not None and look.get("WindowCenter") is not None:
            ends = apply_voi_lut(np.array([-FAR, FAR]), look)
            return apply_voi_lut(values, look), float(ends[0]), float(ends[1])
    except ValueError:
        pass  # a width of zero is no window
    return values, float(values.min()), float(values.max())


def _png(pixels: NDArray[np.uint8]) -> bytes:
    output = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(output, "PNG")
    return output.getvalue()
