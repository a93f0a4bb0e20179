"""Writes elements as bytes: sequences with defined lengths, large values as the views they are."""

from struct import Struct

from radquarry.exporter.dicom_bytes.elements import (
    LONG_VRS,
    PIXEL_DATA,
    UNDEFINED,
    Bytes,
    Dataset,
    Element,
    Encoding,
    Unreadable,
)

LARGE = 65536
"""Bytes from which a value becomes a piece of its own, without a copy."""
_PAIR = {order: Struct(f"{order}HH").pack for order in "<>"}
_SHORT = {order: Struct(f"{order}HH2sH").pack for order in "<>"}
_LONG = {order: Struct(f"{order}HH2sxxL").pack for order in "<>"}
_IMPLICIT = {order: Struct(f"{order}HHL").pack for order in "<>"}


def pieces_of(dataset: Dataset, encoding: Encoding) -> list[Bytes]:
    """The data set as pieces to write one after the other; elements stand in the order of their tags."""
    pieces: list[Bytes] = []
    small: list[Bytes] = []
    for element in sorted(dataset, key=_tag):
        small.append(_head(element, encoding, value := _value(element, encoding)))
        if len(value) < LARGE:
            small.append(value)
            continue
        pieces += [b"".join(small), value]
        small = []
        if len(value) & 1:
            small.append(b"\0")
    return [*pieces, b"".join(small)]


def _tag(element: Element) -> int:
    return element.tag


def _value(element: Element, encoding: Encoding) -> Bytes:
    if element.items is not None:
        return _items(element.items, element.inner or encoding)
    value = element.value
    if len(value) & 1 and len(value) < LARGE:
        return bytes(value) + (b"\0" if element.vr in (b"UI", b"OB", b"UN") else b" ")
    return value


def _items(items: list[Dataset], encoding: Encoding) -> bytes:
    pack = _IMPLICIT[encoding.order]
    parts: list[Bytes] = []
    for item in items:
        content = b"".join(pieces_of(item, encoding))
        parts += [pack(0xFFFE, 0xE000, len(content)), content]
    return b"".join(parts)


def _head(element: Element, encoding: Encoding, value: Bytes) -> bytes:
    group, number = element.tag >> 16, element.tag & 0xFFFF
    length = UNDEFINED if element.fragments else len(value) + (len(value) & 1)
    if not encoding.explicit:
        return _IMPLICIT[encoding.order](group, number, length)
    vr = element.written_as
    if element.inner is not None and element.inner != encoding:
        vr = b"UN"
    if vr in LONG_VRS:
        return _LONG[encoding.order](group, number, vr, length)
    if length > 0xFFFF:
        if element.tag in PIXEL_DATA:
            raise Unreadable("pixel data has a value representation that cannot hold it")
        return _LONG[encoding.order](group, number, b"UN", length)  # PS3.5 section 6.2.2 note 7
    return _SHORT[encoding.order](group, number, vr, length)
