"""Instances to store: small ones made here, and pydicom's own sample files."""

import struct
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.receipt import Announced

CALLER = "SENDER"
MEMORY = Path("/dev/shm")  # noqa: S108 - a second file system, and one that can be filled
FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"


@dataclass(frozen=True)
class Arrival:
    """A whole instance, and what its request says of it."""

    data: memoryview
    announced: Announced


def store(archive: Archive, arrival: Arrival, piece: int = 100_000) -> Kept:
    """Take it in, in pieces, as an association would."""
    receipt = archive.begin(arrival.announced)
    try:
        for begin in range(0, len(arrival.data), piece):
            receipt.write(arrival.data[begin : begin + piece])
        return archive.keep(receipt)
    finally:
        receipt.discard()


def instance(number: int = 1, **values: object) -> Dataset:
    """A small data set with believable UIDs."""
    data_set = Dataset()
    data_set.SOPClassUID = SecondaryCaptureImageStorage
    data_set.SOPInstanceUID = f"1.2.3.1.{number}"
    data_set.StudyInstanceUID = "1.2.3"
    data_set.SeriesInstanceUID = "1.2.3.1"
    data_set.PatientName = "Test^Nobody"
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    return data_set


def encoded(data_set: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Its bytes as a C-STORE would carry them."""
    uid = pydicom.uid.UID(syntax)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = uid.is_implicit_VR, uid.is_little_endian
    write_dataset(buffer, data_set)
    return buffer.getvalue()


def raw(sop_instance_uid: str, study_instance_uid: str, series_instance_uid: str) -> bytes:
    """A data set of three elements with these values, whatever they are; explicit VR little endian."""
    values = (
        (0x0008, 0x0018, sop_instance_uid),
        (0x0020, 0x000D, study_instance_uid),
        (0x0020, 0x000E, series_instance_uid),
    )
    return b"".join(
        struct.pack("<HH2sH", group, element, b"UI", len(value.encode())) + value.encode()
        for group, element, value in values
    )


def arrival(data_set: Dataset, **changes: str) -> Arrival:
    """What the archive gets when somebody sends it."""
    fields = {
        "transfer_syntax_uid": str(ExplicitVRLittleEndian),
        "sop_class_uid": str(data_set.SOPClassUID),
        "sop_instance_uid": str(data_set.SOPInstanceUID),
        "calling_ae_title": CALLER,
    }
    return Arrival(memoryview(encoded(data_set)), Announced(**{**fields, **changes}))


@cache
def sample_files() -> tuple[Path, ...]:
    """pydicom's files with a head that is about them and the three UIDs: each instance once."""
    found: dict[str, Path] = {}
    for path in sorted(FOLDER.glob("*.dcm")):
        if uid := _identity(path):
            found.setdefault(uid, path)
    return tuple(found.values())


def data_set_bytes(path: Path) -> tuple[bytes, pydicom.FileDataset]:
    """The data set of a file as its bytes, and what pydicom reads of it."""
    whole = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = pydicom.dcmread(path, stop_before_pixels=True)
    begin = 132 + 12 + int(read.file_meta.FileMetaInformationGroupLength)
    return whole[begin:], read


def _identity(path: Path) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = pydicom.dcmread(path, stop_before_pixels=True)
        uids = [str(read.get(keyword) or "") for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]
        head = read.file_meta
        is_same = head.MediaStorageSOPInstanceUID == uids[2] and bool(head.TransferSyntaxUID)
    except Exception:  # noqa: BLE001 - pydicom keeps files here that cannot be read, in many ways
        return ""
    return uids[2] if all(uids) and is_same else ""
