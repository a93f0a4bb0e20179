"""One key of a C-FIND, as it is asked for."""

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement


def element(keyword: str, value: str) -> DataElement:
    """pydicom's own checks are off: keys hold wildcards and ranges, which it warns of."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    vr = dictionary_VR(tag)
    number: str | int | float | None = value or None
    if value and vr in ("US", "SS", "UL", "SL", "UV", "SV"):
        number = int(value)
    elif value and vr in ("FL", "FD"):
        number = float(value)
    return DataElement(tag, vr, number, validation_mode=config.IGNORE)
