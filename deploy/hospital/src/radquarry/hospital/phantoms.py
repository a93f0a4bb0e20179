"""Pixels: anatomy as a few ellipses, blurred by noise. The same image always has the same pixels."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from radquarry.hospital.dice import Dice, number

Grid = NDArray[np.float32]
Ellipse = tuple[float, float, float, float, float]
"""Centre x, centre y, half-axis x, half-axis y (all in −1 … 1 of the image), brightness added (0 … 1)."""

_HEAD: tuple[Ellipse, ...] = (
    (0, 0, 0.68, 0.86, 0.9),
    (0, 0, 0.62, 0.8, -0.5),
    (-0.16, -0.08, 0.09, 0.26, -0.2),
    (0.16, -0.08, 0.09, 0.26, -0.2),
    (0.3, 0.35, 0.12, 0.1, 0.15),
)
_CHEST: tuple[Ellipse, ...] = (
    (0, 0, 0.92, 0.7, 0.5),
    (-0.42, 0, 0.32, 0.5, -0.42),
    (0.42, 0, 0.32, 0.5, -0.42),
    (0.12, 0.05, 0.24, 0.24, 0.25),
    (0, 0.5, 0.1, 0.12, 0.45),
)
_ABDOMEN: tuple[Ellipse, ...] = (
    (0, 0, 0.9, 0.68, 0.42),
    (-0.4, -0.1, 0.38, 0.36, 0.15),
    (0.5, 0, 0.18, 0.22, 0.1),
    (-0.35, 0.35, 0.12, 0.16, 0.18),
    (0.35, 0.35, 0.12, 0.16, 0.18),
    (0, 0.42, 0.12, 0.14, 0.45),
)
_LIMB: tuple[Ellipse, ...] = (
    (0, 0, 0.5, 0.95, 0.25),
    (-0.18, -0.35, 0.14, 0.6, 0.5),
    (0.2, -0.35, 0.11, 0.6, 0.45),
    (0, 0.5, 0.3, 0.28, 0.4),
)
_BREAST: tuple[Ellipse, ...] = ((-1, 0, 1.3, 0.8, 0.35), (-0.7, 0, 0.7, 0.45, 0.25), (-0.3, 0.1, 0.06, 0.06, 0.3))
_NECK: tuple[Ellipse, ...] = (
    (0, 0, 0.6, 0.6, 0.35),
    (-0.22, 0, 0.14, 0.3, 0.3),
    (0.22, 0, 0.14, 0.3, 0.3),
    (0, 0.1, 0.1, 0.12, -0.3),
)
_BODY_PARTS = {
    "HEAD": _HEAD,
    "CHEST": _CHEST,
    "RIB": _CHEST,
    "LUNG": _CHEST,
    "HEART": _CHEST,
    "ABDOMEN": _ABDOMEN,
    "LIVER": _ABDOMEN,
    "KIDNEY": _ABDOMEN,
    "PELVIS": _ABDOMEN,
    "WHOLEBODY": _ABDOMEN,
    "BREAST": _BREAST,
    "NECK": _NECK,
}
_NOISE = {"CR": 0.02, "DX": 0.015, "CT": 0.03, "MR": 0.03, "US": 0.2, "MG": 0.02, "NM": 0.3, "XA": 0.04}


def phantom(uid: str, modality: str, body_part: str, size: int, depth: float) -> Grid:
    """The image of one instance.

    `depth` is its place in the stack (0 … 1). Returns brightness 0 … 1 of shape (size, size).
    """
    dice = Dice(uid, "anatomy")
    x, y = _coordinates(size)
    image = np.zeros((size, size), np.float32)
    swelling = 0.75 + 0.25 * float(np.sin(np.pi * (0.15 + 0.7 * depth)))
    shift_x, shift_y = (dice.below(100) / 2500 - 0.02 for _ in range(2))
    for centre_x, centre_y, half_x, half_y, brightness in _BODY_PARTS.get(body_part, _LIMB):
        inside = ((x - centre_x - shift_x) / (half_x * swelling)) ** 2
        inside += ((y - centre_y - shift_y) / (half_y * swelling)) ** 2
        image[inside <= 1] += brightness
    rng = np.random.default_rng(number(uid, "noise"))
    noise = rng.standard_normal((size, size), dtype=np.float32) * _NOISE.get(modality, 0.03)
    if modality == "US":
        image = image * (1 + noise) * _fan(size)
    else:
        image += noise
    return np.clip(image, 0, 1, out=image)


@lru_cache(maxsize=4)
def _coordinates(size: int) -> tuple[Grid, Grid]:
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    return x, y


@lru_cache(maxsize=4)
def _fan(size: int) -> Grid:
    x, y = _coordinates(size)
    return ((np.abs(x) <= 0.15 + 0.42 * (y + 1)) & (x**2 + (y + 1) ** 2 <= 3.4)).astype(np.float32)
