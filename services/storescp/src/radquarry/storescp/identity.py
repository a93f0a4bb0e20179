"""Which instance an encoded data set is: its UIDs, checked, before anything of it becomes a path."""

import zlib
from dataclasses import dataclass

from radquarry.dicom.uids import NotAUid, checked_uid
from radquarry.storescp.elements import Encoding, NotDicom, find_elements

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
INFLATED_BYTES = 4 * 1024 * 1024
"""How much of a deflated data set is inflated to look for the UIDs."""

SOP_CLASS_UID = 0x00080016
SOP_INSTANCE_UID = 0x00080018
STUDY_INSTANCE_UID = 0x0020000D
SERIES_INSTANCE_UID = 0x0020000E
KEYWORDS = {
    SOP_INSTANCE_UID: "SOPInstanceUID",
    STUDY_INSTANCE_UID: "StudyInstanceUID",
    SERIES_INSTANCE_UID: "SeriesInstanceUID",
}


@dataclass(frozen=True)
class Identity:
    """UIDs that may become the names of folders and files."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str


def identify(data: bytes | memoryview, transfer_syntax_uid: str) -> Identity:
    """The identity of the data set `data`, which is encoded as `transfer_syntax_uid`.

    An unknown transfer syntax is read as explicit little endian, as PS3.5 section A.4 wants every encapsulated one.
    Raises `NotDicom`, also for a UID that is missing or none.
    """
    if transfer_syntax_uid in DEFLATED:
        data = _inflated_begin(data)
    values, _ = find_elements(data, encoding_of(transfer_syntax_uid), KEYWORDS)
    return _identity(values)


def _identity(values: dict[int, bytes]) -> Identity:
    uids = {tag: _uid(values.get(tag, b""), keyword) for tag, keyword in KEYWORDS.items()}
    return Identity(uids[STUDY_INSTANCE_UID], uids[SERIES_INSTANCE_UID], uids[SOP_INSTANCE_UID])


def identify_begin(begin: bytes | memoryview, transfer_syntax_uid: str) -> Identity | None:
    """What `identify` would say of the whole data set, when its `begin` is enough to know; else None."""
    if transfer_syntax_uid in DEFLATED:
        return None
    try:
        values, position = find_elements(begin, encoding_of(transfer_syntax_uid), KEYWORDS)
        return None if position == len(begin) else _identity(values)
    except NotDicom:
        return None


def encoding_of(transfer_syntax_uid: str) -> Encoding:
    """How a data set of this transfer syntax writes its elements, once inflated."""
    return Encoding(
        implicit=transfer_syntax_uid == IMPLICIT_LITTLE_ENDIAN,
        big_endian=transfer_syntax_uid == EXPLICIT_BIG_ENDIAN,
    )


def _inflated_begin(data: bytes | memoryview) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[:INFLATED_BYTES], INFLATED_BYTES)
    except zlib.error:
        raise NotDicom("the deflated data set cannot be inflated") from None


def _uid(value: bytes, keyword: str) -> str:
    try:
        return checked_uid(value.decode("ascii", "replace"), keyword)
    except NotAUid as error:
        raise NotDicom(str(error)) from None
