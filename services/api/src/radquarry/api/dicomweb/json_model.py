"""A header as the DICOM JSON Model (PS3.18 annex F): bulk values as addresses."""

import math
from collections.abc import Iterator
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.valuerep import AMBIGUOUS_VR, BYTES_VR

from radquarry.api.dicomweb.headers import HOSTILE, Header, PixelPlace

LONGEST_INLINE = 1024
"""Of a binary value in base64."""
MOST_NESTED = 64 * 1024 * 1024
"""Of long texts and sequences, which are read whole, in one header."""
BINARY = {str(vr) for vr in BYTES_VR | AMBIGUOUS_VR} - {"US or SS"}
UTF8 = "ISO_IR 192"


def attributes(header: Header, root: str) -> dict[str, Any]:
    """Everything but the file meta information; pixels and long binary values by BulkDataURI below `root`.

    A value that its VR does not allow is left out, its VR stays.
    """
    bulk = f"{root}/{header.file.address}/bulkdata"
    model = dict(_attributes(header.dataset, bulk))
    if header.pixels is not None:
        model[f"{header.pixels.tag:08X}"] = pixels_model(header.pixels, bulk)
    return dict(sorted(model.items()))


def pixels_model(place: PixelPlace, bulk: str) -> dict[str, Any]:
    """The pixel element, by its address below `bulk`."""
    return {"vr": place.vr, "BulkDataURI": f"{bulk}/{place.tag:08X}"}


def _attributes(dataset: Dataset, bulk: str) -> Iterator[tuple[str, Any]]:
    left = MOST_NESTED
    for tag in sorted(dataset.keys()):
        name = f"{tag:08X}"
        raw = dataset.get_item(tag, keep_deferred=True)
        if isinstance(raw, RawDataElement) and raw.value is None and raw.length:
            vr = vr_of(raw)
            if vr in BINARY:
                yield name, {"vr": vr, "BulkDataURI": f"{bulk}/{name}"}
                continue
            left -= raw.length
            if left < 0:
                yield name, {"vr": vr}
                continue
        yield name, element_model(dataset, tag, f"{bulk}/{name}")


def vr_of(raw: DataElement | RawDataElement) -> str:
    """Also of an element that was not read yet."""
    if raw.VR is not None and raw.VR != "UN":
        return str(raw.VR)
    try:
        return str(dictionary_VR(raw.tag))
    except KeyError:
        return "UN"


def element_model(dataset: Dataset, tag: int, bulk: str) -> dict[str, Any]:
    """One attribute; `bulk` is where its value is, if it is long."""
    try:
        element = dataset[tag]
    except HOSTILE:
        raw = dataset.get_item(tag, keep_deferred=True)
        return {"vr": vr_of(raw) if isinstance(raw, RawDataElement) else "UN"}
    if element.VR == "SQ":
        items = [dict(_attributes(item, f"{bulk}/{place}")) for place, item in enumerate(element.value or ())]
        return {"vr": "SQ", "Value": items}
    if element.tag == 0x00080005 and not element.is_empty:
        return {"vr": "CS", "Value": [UTF8]}  # of this text, not of the file (PS3.18 section F.2.2)
    try:
        return _finite(element.to_json_dict(lambda _: bulk, LONGEST_INLINE))
    except HOSTILE:
        return {"vr": str(element.VR)}


def _finite(model: dict[str, Any]) -> dict[str, Any]:
    """JSON has no numbers that are none: they are written as words."""
    values = model.get("Value")
    if values and any(isinstance(value, float) and not math.isfinite(value) for value in values):
        words = [str(value) if isinstance(value, float) and not math.isfinite(value) else value for value in values]
        return model | {"Value": words}
    return model


def bulk_element(dataset: Dataset, path: list[str]) -> DataElement | RawDataElement | None:
    """The element at `0040A730/0/00420011`, not read if it is long; None where there is none."""
    while len(path) > 2:
        tag, place, *path = path
        try:
            dataset = dataset[int(tag, 16)].value[int(place)]
        except HOSTILE:
            return None
    found = dataset.get_item(int(path[0], 16), keep_deferred=True) if len(path) == 1 else None
    return found if isinstance(found, DataElement | RawDataElement) else None
