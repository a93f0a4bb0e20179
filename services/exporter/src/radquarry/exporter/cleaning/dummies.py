"""Values that stand where one must stand and say nothing."""

from radquarry.exporter.dicom_bytes.elements import Element

NOTHING = b"REMOVED"
TEXTS = {
    b"AE": NOTHING, b"CS": NOTHING, b"LO": NOTHING, b"LT": NOTHING, b"PN": NOTHING, b"SH": NOTHING, b"ST": NOTHING,
    b"UC": NOTHING, b"UT": NOTHING, b"UR": b"urn:removed", b"AS": b"000D", b"DA": b"19000101",
    b"DT": b"19000101000000", b"TM": b"000000", b"DS": b"0", b"IS": b"0",
}  # fmt: skip
SIZES = {b"AT": 4, b"FD": 8, b"FL": 4, b"OD": 8, b"OF": 4, b"OL": 4, b"OV": 8, b"OW": 2, b"SL": 4, b"SS": 2, b"SV": 8,
         b"UL": 4, b"US": 2, b"UV": 8, b"OB": 2}  # fmt: skip
BY_TAG = {0x00080100: b"REMOVED", 0x00080102: b"99REMOVED", 0x00080104: b"REMOVED", 0x00100040: b"O"}


def dummy(element: Element) -> bytes:
    """A value of its representation; zeros for numbers."""
    if element.tag in BY_TAG:
        return BY_TAG[element.tag]
    return TEXTS.get(element.vr) or bytes(SIZES.get(element.vr, 2))
