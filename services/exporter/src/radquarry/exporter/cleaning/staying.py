"""What must be true of a value that stays: a rule that says keep is about the attribute, not about its value."""

import re

from pydicom.config import IGNORE
from pydicom.uid import UID

from radquarry.exporter.cleaning.dates import DATE, is_time_of_day
from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.dicom_bytes.dictionary import vr_of, vrs_of
from radquarry.exporter.dicom_bytes.elements import PIXEL_DATA, Element, Unreadable

STANDARDS_OWN = "1.2.840.10008."
SHORTEST_NUMBER = 5
"""Digits of an id that are looked for in the UIDs of classes and code tables."""
NEVER_EMPTY = frozenset((0x00080005, 0x00080016, 0x00080018, 0x0020000D, 0x0020000E, *PIXEL_DATA))
"""Without these nothing else of the file can be understood."""

DIGITS = {
    b"DS": b"0123456789+-.eE\\ \0",
    b"IS": b"0123456789+-\\ \0",
    b"AS": b"0123456789DWMY\\ \0",
    b"DA": b"0123456789.-\\ \0",
    b"DT": b"0123456789.+-\\ \0",
}
"""What numbers and dates that are text are made of (PS3.5 section 6.2)."""


class MustNotStay(Unreadable):
    """An attribute that must have a value has none that may stay: the file is held back."""


def fits(element: Element) -> bool:
    """Whether its representation is one of the dictionary's for it: a whole data set can be written as OB, or as UT."""
    if element.tag & 0x10000:
        return True
    allowed = vrs_of(element.tag)
    if element.items is not None:
        return b"SQ" in allowed
    return element.vr in allowed or (element.vr == b"UN" and element.tag in PIXEL_DATA)


def withheld(element: Element, kind: str | None) -> Element | None:
    """Nothing of it, in the dictionary's representation: None where it need not be there. Raises `MustNotStay`."""
    if kind == "1" or element.tag in NEVER_EMPTY:
        raise MustNotStay(f"an attribute of group {element.tag >> 16:04X} that must be there holds what may not stay")
    if kind is None or kind == "1C":
        return None
    vr = vr_of(element.tag) or b"UN"
    return Element(element.tag, vr, items=[] if vr == b"SQ" else None)


def has_its_form(element: Element) -> bool:
    """A time of day, a date or a number that is text is one; nothing is asked of other representations."""
    value = bytes(element.value) if element.vr in DIGITS or element.vr == b"TM" else b""
    if element.vr == b"TM":
        return is_time_of_day(value.decode("latin-1"))
    return not value.translate(None, DIGITS.get(element.vr, b""))


def texts_of(element: Element) -> list[str]:
    """The values of a text that is ASCII by the standard."""
    return [text.strip(" \0") for text in bytes(element.value).decode("latin-1").split("\\")]


def of_the_standard(uid: str) -> bool:
    """A UID that PS3.6 registers: of classes, syntaxes, well-known instances. Others under its root are somebody's."""
    return uid.startswith(STANDARDS_OWN) and UID(uid, validation_mode=IGNORE).name != uid


def tells(uid: str, identity: Identity, *, instances: bool) -> bool:
    """Whether a UID has an id or a date of the patient as one of its numbers; in those of no instance, anywhere."""
    if not uid or of_the_standard(uid):
        return False
    own = identity.ids | identity.dates
    if instances:
        return not own.isdisjoint(uid.split("."))
    digits = {re.sub(r"\D", "", text) for text in own}
    return not re.fullmatch(r"[0-9.]+", uid) or any(len(d) >= SHORTEST_NUMBER and d in uid for d in digits)


def is_version(text: str, identity: Identity) -> bool:
    """The date of something that everybody knows, and none of this patient's."""
    found = DATE.fullmatch(text)
    if not found or not is_time_of_day(found[4]):
        return False
    return found[1] + found[2] + found[3] not in identity.dates and not identity.spellings().text.search(text)
