"""Records as C-FIND answers, encoded here byte by byte: fast, and able to be wrong where a fault asks for it."""

from functools import lru_cache

from pydicom import Dataset
from pydicom.charset import convert_encodings, python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from radquarry.hospital.queries import LEVELS, UNIQUE_KEYS, Query
from radquarry.hospital.studies import Record

_CHARSET = "SpecificCharacterSet"


@lru_cache(maxsize=512)
def _tag_and_vr(keyword: str) -> tuple[BaseTag, str]:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(f"{keyword} is no DICOM keyword")
    return Tag(tag), dictionary_VR(tag)


def chosen(record: Record, query: Query, ae_title: str) -> Record:
    """The attributes of a record that the query asked for, and those every answer bears."""
    first = 0 if query.level == "PATIENT" else 1
    unique = {UNIQUE_KEYS[level] for level in LEVELS[first : LEVELS.index(query.level) + 1]}
    row: Record = {key: value for key, value in record.items() if key in query.keys or key in unique}
    return row | {"QueryRetrieveLevel": query.level, "RetrieveAETitle": ae_title}


def encoded(row: Record, charset: str, fault: str, transfer_syntax: UID) -> Dataset:
    """The row as a dataset of raw elements.

    `charset` is the defined term the text is encoded with; `fault` "wrong" labels it with another one and "omitted"
    with none (see `PacsFaults.charset`).
    """
    codec = python_encoding.get(charset, "latin_1")
    label = charset
    if fault == "wrong":
        label = "ISO_IR 192" if charset != "ISO_IR 192" else "ISO_IR 100"
    implicit, little = transfer_syntax.is_implicit_VR, transfer_syntax.is_little_endian
    elements: dict[BaseTag, DataElement | RawDataElement] = {}
    for keyword, value in (row if fault == "omitted" else row | {_CHARSET: label}).items():
        tag, vr = _tag_and_vr(keyword)
        data = _bytes(value, vr, codec, little=little)
        elements[tag] = RawDataElement(tag, vr, len(data), data, 0, implicit, little)
    dataset = Dataset(elements)
    written_with = convert_encodings([label] if fault != "omitted" else [""])
    dataset.set_original_encoding(implicit, little, written_with)
    return dataset


def _bytes(value: str | tuple[str, ...], vr: str, codec: str, *, little: bool) -> bytes:
    text = value if isinstance(value, str) else "\\".join(value)
    if vr == "US":
        return int(text).to_bytes(2, "little" if little else "big") if text else b""
    data = text.encode(codec, errors="replace")
    return data + (b"\0" if vr == "UI" else b" ") if len(data) % 2 else data
