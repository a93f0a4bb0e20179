"""Files put into an archive as the receiver does, and the parts of an answer."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pydicom
from pydicom import Dataset, FileDataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"
ROOT = "/dicom-web"
AS_STORED = {"Accept": 'multipart/related; type="application/octet-stream"; transfer-syntax=*'}
NATIVE = {"Accept": 'multipart/related; type="application/octet-stream"'}
EXPLICIT = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1'}


@dataclass(frozen=True)
class Kept:
    """One file of the archive."""

    study: str
    series: str
    sop: str
    path: Path

    @property
    def address(self) -> str:
        return f"{ROOT}/studies/{self.study}/series/{self.series}/instances/{self.sop}"


def kept(data_dir: Path, file: Path) -> Kept:
    """A copy of `file` at its place."""
    data = dcmread(file, stop_before_pixels=True)
    uids = (str(data.StudyInstanceUID), str(data.SeriesInstanceUID), str(data.SOPInstanceUID))
    place = data_dir / "archive" / uids[0] / uids[1] / f"{uids[2]}.dcm"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)
    return Kept(*uids, place)


def sample(data_dir: Path, name: str) -> Kept:
    """One of pydicom's own files."""
    return kept(data_dir, SAMPLES / name)


def usable_samples() -> Iterator[str]:
    """Those that a receiver could have taken: with a header, and all three UIDs."""
    for file in sorted(SAMPLES.glob("*.dcm")):
        with suppress(InvalidDicomError):
            data = dcmread(file, stop_before_pixels=True)
            if all(key in data for key in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")):
                yield file.name


def slice_of(study: int, series: int = 1, instance: int = 1, **changes: Any) -> FileDataset:
    """A small CT image; keywords of `changes` replace its attributes."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.StudyInstanceUID, data.SeriesInstanceUID = f"1.2.{study}", f"1.2.{study}.{series}"
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = f"1.2.{study}.{series}.{instance}"
    data.SOPClassUID, data.Modality, data.SpecificCharacterSet = CTImageStorage, "CT", "ISO_IR 100"
    data.PatientName, data.PatientID, data.AccessionNumber = "Müller^Eva", f"P{study}", f"A{study}"
    data.StudyDate, data.StudyTime, data.SeriesNumber, data.InstanceNumber = "20240601", "103000", series, instance
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 4, 6, 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.PixelData = np.arange(24, dtype="<u2").tobytes()
    for keyword, value in changes.items():
        setattr(data, keyword, value)
    return data


def written(data_dir: Path, data: Dataset) -> Kept:
    """The file of this data set, at its place."""
    uids = (str(data.StudyInstanceUID), str(data.SeriesInstanceUID), str(data.SOPInstanceUID))
    place = data_dir / "archive" / uids[0] / uids[1] / f"{uids[2]}.dcm"
    place.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(place, enforce_file_format=True)
    return Kept(*uids, place)


def parts(answer: httpx.Response) -> list[tuple[Message, bytes]]:
    """Head and bytes of each part of an answer that succeeded."""
    assert answer.status_code == 200, answer.text
    kind = Message()
    kind["content-type"] = answer.headers["content-type"]
    assert kind.get_content_type() == "multipart/related"
    boundary = f"--{kind.get_param('boundary')}".encode()
    first, *pieces, last = answer.content.split(boundary)
    assert (first, last.strip()) == (b"", b"--")
    found = []
    for piece in pieces:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((BytesParser().parsebytes(head), content.removesuffix(b"\r\n")))
    return found
