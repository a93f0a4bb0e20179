"""Private attributes (PS3.5 section 7.8): all go, or those stay that PS3.15 calls safe, with their creators."""

from pydicom.datadict import private_dictionary_VR

from radquarry.exporter.dicom_bytes.elements import Dataset, Element
from radquarry.exporter.profile.rules import Action
from radquarry.exporter.standard.safe_private import safe_private

LISTED_WHOLE = "Philips Imaging DD "
"""Of these creators the list has whole dictionaries, with workflows and pixels: only numbers and codes are believed."""
NUMBERS = frozenset((b"CS", b"DS", b"FD", b"FL", b"IS", b"SL", b"SS", b"UL", b"US"))


class PrivateBlocks:
    """The private creators of one data set; a sequence's item has its own."""

    def __init__(self, dataset: Dataset, *, safe: bool) -> None:
        self._safe = safe
        self._creators: dict[tuple[int, int], str] = {}
        self._used: set[tuple[int, int]] = set()
        if not safe:
            return
        for element in dataset:
            group, number = element.tag >> 16, element.tag & 0xFFFF
            if group & 1 and 0x10 <= number <= 0xFF and element.items is None:
                self._creators[group, number] = bytes(element.value[:64]).decode("latin-1").strip(" \0")
        self._used = {(element.tag >> 16, element.tag >> 8 & 0xFF) for element in dataset if self._is_safe(element)}

    def _is_safe(self, element: Element) -> bool:
        group, number = element.tag >> 16, element.tag & 0xFFFF
        creator = self._creators.get((group, number >> 8))
        if creator is None or (creator, group, number & 0xFF) not in safe_private():
            return False
        known = _known_vr(element, creator)
        if (known not in (b"UN", element.vr) and element.vr != b"UN") or (known == b"SQ" and element.items is None):
            return False
        return not creator.startswith(LISTED_WHOLE) or known in NUMBERS

    def action(self, element: Element, *, dates: bool) -> Action:
        """`dates`: they may stay, moved."""
        tag = element.tag
        if not self._safe:
            return "remove"
        if tag & 0xFFFF <= 0xFF:
            return "keep" if (tag >> 16, tag & 0xFF) in self._used else "remove"
        if not self._is_safe(element):
            return "remove"
        if element.vr == b"UI":
            return "uid"
        if element.vr in (b"DA", b"DT"):
            return "shift" if dates else "remove"
        return "remove" if element.vr in (b"PN", b"TM", b"AE") else "keep"


def _known_vr(element: Element, creator: str) -> bytes:
    """That of pydicom's dictionary of private attributes, or where it says none, the file's."""
    try:
        known = private_dictionary_VR(element.tag, creator).encode()
    except KeyError:
        return element.vr
    return element.vr if element.vr in known.split(b" or ") else known
