"""The samples of a file, decoded elsewhere, and what they are."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ValidationError

from radquarry.exporter.pixels.unread import PixelsUnread

DECODER = (sys.executable, "-m", "radquarry.exporter.pixels.decoding_process")
TIME_LIMIT = 600.0
"""Seconds."""
GREY, COLOUR = ("MONOCHROME1", "MONOCHROME2"), ("RGB", "YBR_FULL")
LAID_OUT = {"YBR_FULL_422": "YBR_FULL"}
"""What is decoded has as many samples of colour as of brightness."""


class _Said(BaseModel):
    dtype: str
    shape: list[int]
    bits_allocated: int
    photometric_interpretation: str


@dataclass(frozen=True)
class Samples:
    """Frames of (rows, columns) or (rows, columns, 3), integers of 8, 16 or 32 bits; `photometric` says of what."""

    frames: npt.NDArray[Any]
    photometric: str

    @property
    def bits_allocated(self) -> int:
        """8, 16 or 32."""
        return self.frames.dtype.itemsize * 8


def decoded(file: Path, beside: Path) -> Samples:
    """Decode the file; the samples lie in the file `beside`, mapped to be written. Raises `PixelsUnread`."""
    try:
        done = subprocess.run((*DECODER, file, beside), capture_output=True, timeout=TIME_LIMIT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise PixelsUnread("decoding its pixels takes too long") from None
    if done.returncode:
        raise PixelsUnread("its pixels cannot be decoded")
    try:
        said = _Said.model_validate(json.loads(done.stdout))
    except (ValueError, ValidationError):
        raise PixelsUnread("its pixels cannot be decoded") from None
    return _samples(said, beside)


def _samples(said: _Said, beside: Path) -> Samples:
    photometric = LAID_OUT.get(said.photometric_interpretation, said.photometric_interpretation)
    wanted = 4 if photometric in COLOUR else 3
    if photometric not in (*GREY, *COLOUR, "PALETTE COLOR") or len(said.shape) != wanted:
        raise PixelsUnread("its pixels are of a kind that is not read")
    kind = np.dtype(said.dtype)
    fits = kind.kind in "iu" and kind.itemsize in (1, 2, 4) and kind.itemsize * 8 == said.bits_allocated
    if not fits or 0 in said.shape or (wanted == 4 and kind.str != "|u1"):
        raise PixelsUnread("its pixels are of a kind that is not read")
    return Samples(np.memmap(beside, kind, "r+", shape=tuple(said.shape)), photometric)
