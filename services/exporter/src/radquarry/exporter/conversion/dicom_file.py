"""DICOM files as they are read for conversion: whose they are, and what of them a converter needs."""

import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from pydicom import FileDataset, dcmread
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError

from radquarry.dicom.folders import folder_name
from radquarry.dicom.uids import is_uid
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.dicom_bytes.elements import DEFLATED
from radquarry.exporter.dicom_bytes.part10 import read_file

DAMAGED = (
    *(OSError, EOFError, InvalidDicomError, BytesLengthException, struct.error, NotImplementedError),
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, RuntimeError),
)
"""What pydicom raises for files that are broken, and for pixels that cannot be decoded."""
MOST_BYTES = 4 << 30
META = 4096
"""Bytes in which the transfer syntax stands."""
HEADER = (
    "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Rows", "Columns", "NumberOfFrames",
    "ImageType", "ImageOrientationPatient", "PerFrameFunctionalGroupsSequence", "DetectorInformationSequence",
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """Where an instance belongs, and its pixels, colours not counted.

    `is_placed`: it says where it lies in the patient. `is_mosaic`: slices are tiles of one image.
    """

    folder: str
    sop_instance_uid: str
    pixels: int
    is_placed: bool
    is_mosaic: bool


@contextmanager
def read_safely(otherwise: str) -> Iterator[None]:
    """Raises `Refused` with this reason for what the library raises; its warnings may hold values."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except DAMAGED:
        raise Refused(otherwise) from None


def read_dicom(view: memoryview, keywords: Sequence[str] | None = None) -> FileDataset:
    """All of it, or these elements. Raises `Refused`."""
    if len(view) > MOST_BYTES:
        raise Refused(f"it is larger than {MOST_BYTES >> 30} GB")
    if DEFLATED.encode() in bytes(view[:META]):
        read_file(view)  # refuses what inflates to too much, which pydicom does not look at
    with read_safely("it is damaged DICOM"):
        tags = None if keywords is None else list(keywords)
        return dcmread(BytesIO(view), stop_before_pixels=tags is not None, specific_tags=tags)


def header_of(view: memoryview) -> Header:
    """Raises `Refused` for what has no UIDs of its own."""
    dataset = read_dicom(view, HEADER)
    with read_safely("its header is damaged"):
        study, series, instance = (text_of(dataset, keyword) for keyword in HEADER[1:4])
        if not all(is_uid(uid) for uid in (study, series, instance)):
            raise Refused("a UID of it is missing or none")
        size = int(dataset.get("Rows") or 0) * int(dataset.get("Columns") or 0)
        frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
        folder = f"{folder_name(text_of(dataset, 'PatientID'))}/{study}/{series}"
        is_placed = any(dataset.get(keyword) for keyword in HEADER[8:])
        return Header(folder, instance, size * frames, is_placed, "MOSAIC" in text_of(dataset, "ImageType"))


def text_of(dataset: Dataset, keyword: str) -> str:
    r"""A value as text; several with \ between them."""
    value = dataset.get(keyword)
    if value is None:
        return ""
    several = value if isinstance(value, list | tuple) or hasattr(value, "append") else [value]
    return "\\".join(str(each) for each in several).strip(" \0")
