"""Files in which another element stands than pydicom would write, and their patient."""

from struct import pack

from pydicom.dataset import FileDataset

from tests.exporter.cleaning import PROFILES, ct

MOVED = PROFILES["dates moved"]


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """In explicit little endian."""
    long = vr in (b"UN", b"OB", b"SQ", b"UT", b"UC")
    padded = value + (b"\0" if long or vr == b"UI" else b" ") * (len(value) & 1)
    return pack("<HH2sxxL" if long else "<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(padded)) + padded


def in_place_of(data: bytes, tag: int, vr: bytes, value: bytes) -> bytes:
    """The file with another element of this tag, which is a short one there."""
    at = data.index(pack("<HH", tag >> 16, tag & 0xFFFF))
    end = at + 8 + int.from_bytes(data[at + 6 : at + 8], "little")
    return data[:at] + element(tag, vr, value) + data[end:]


def born(**values: object) -> FileDataset:
    """A CT of a patient whose id and days are short, with these values."""
    dataset = ct()
    dataset.PatientID, dataset.PatientBirthDate, dataset.StudyDate = "4711234", "19620305", "20190807"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset
