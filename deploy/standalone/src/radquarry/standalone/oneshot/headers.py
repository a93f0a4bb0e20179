"""The elements of a DICOM file that a table needs, without its pixels."""

import struct
from collections.abc import Sequence
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import BytesLengthException, InvalidDicomError

UNREADABLE = (
    *(OSError, EOFError, InvalidDicomError, BytesLengthException, struct.error, NotImplementedError),
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, MemoryError),
)
"""What pydicom raises for files that are none, or broken."""


def read_header(file: Path, keywords: Sequence[str]) -> Dataset | None:
    """These elements of a file, and its file meta information; None when it cannot be read."""
    try:
        return dcmread(file, stop_before_pixels=True, specific_tags=list(keywords))
    except UNREADABLE:
        return None
