"""Stored values as 256 greys: rescaling, window, polarity (PS3.3 C.11.1, C.11.2; PS3.4 N.2)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_modality_lut, apply_voi

Window = tuple[float, float, str]
"""Centre, width, and LINEAR, LINEAR_EXACT or SIGMOID."""


def grey(pixels: NDArray[Any], data: Dataset, frame: int, window: Window | None) -> NDArray[np.uint8]:
    """With the file's own window, or `window`; without any, from the darkest to the brightest value."""
    rescaled = _in_group(data, frame, "PixelValueTransformationSequence")
    values = apply_modality_lut(pixels, rescaled).astype(np.float64)
    window = window or _own_window(data, frame)
    if window is None and data.get("VOILUTSequence"):
        values = apply_voi(apply_modality_lut(pixels, rescaled), data).astype(np.float64)
    shade = _stretched(values) if window is None else _windowed(values, window)
    if data.get("PhotometricInterpretation") == "MONOCHROME1":
        shade = 1 - shade
    return (shade * 255 + 0.5).astype(np.uint8)


def _in_group(data: Dataset, frame: int, keyword: str) -> Dataset:
    """Of an enhanced object the frame's own macro, else the shared one (PS3.3 C.7.6.16); else the data set itself."""
    own = data.get("PerFrameFunctionalGroupsSequence") or ()
    groups = [*own[frame : frame + 1], *(data.get("SharedFunctionalGroupsSequence") or ())[:1]]
    for group in groups:
        if group.get(keyword):
            found: Dataset = group[keyword].value[0]
            return found
    return data


def _own_window(data: Dataset, frame: int) -> Window | None:
    group = _in_group(data, frame, "FrameVOILUTSequence")
    centre, width = _first(group.get("WindowCenter")), _first(group.get("WindowWidth"))
    if centre is None or width is None or float(width) <= 0:
        return None
    return float(centre), float(width), str(_first(group.get("VOILUTFunction")) or "LINEAR")


def _first(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, MultiValue) else value


def _windowed(values: NDArray[np.float64], window: Window) -> NDArray[np.float64]:
    """0 to 1 (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""
    centre, width, function = window
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -700, 700))))
    if function == "LINEAR_EXACT":
        return np.clip((values - centre) / width + 0.5, 0, 1)
    return np.clip((values - (centre - 0.5)) / max(width - 1, 1e-9) + 0.5, 0, 1)


def _stretched(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return np.clip((np.nan_to_num(values, nan=low) - low) / ((high - low) or 1.0), 0, 1)
