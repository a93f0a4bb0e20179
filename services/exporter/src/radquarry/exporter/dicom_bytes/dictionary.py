"""What PS3.6 says of a tag."""

from functools import lru_cache

from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR, repeater_has_tag


@lru_cache(maxsize=8192)
def vr_of(tag: int) -> bytes | None:
    """The value representation, the first of several; None for what the dictionary does not hold."""
    if tag & 0x10000:
        return b"LO" if 0x10 <= tag & 0xFFFF <= 0xFF else None
    if tag & 0xFFFF == 0:
        return b"UL"
    if not dictionary_has_tag(tag) and not repeater_has_tag(tag):
        return None
    vr = dictionary_VR(tag).split(" or ")[0].encode()
    return vr if len(vr) == 2 and vr.isalpha() else b"UN"


@lru_cache(maxsize=8192)
def vrs_of(tag: int) -> frozenset[bytes]:
    """All value representations that the dictionary allows; empty for what it does not hold, private attributes too."""
    if tag & 0x10000 or (not dictionary_has_tag(tag) and not repeater_has_tag(tag)):
        return frozenset()
    return frozenset(vr.encode() for vr in dictionary_VR(tag).split(" or "))


@lru_cache(maxsize=8192)
def name_of(tag: int) -> str:
    """`PatientName`, or `(0009,1001)` where the dictionary has no keyword."""
    known = dictionary_has_tag(tag) or repeater_has_tag(tag)
    return (dictionary_keyword(tag) if known else "") or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
