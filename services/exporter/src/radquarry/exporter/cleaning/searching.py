"""The last search: all that stays is looked through for the patient's own values, together first, then one by one."""

from pydicom.charset import python_encoding

from radquarry.exporter.cleaning.charsets import ESCAPE, Encodings, decoded, encoded
from radquarry.exporter.cleaning.own_values import Spellings
from radquarry.exporter.cleaning.required import BINARY
from radquarry.exporter.cleaning.spelt import SHORTEST_BYTES
from radquarry.exporter.dicom_bytes.dictionary import name_of
from radquarry.exporter.dicom_bytes.elements import PIXEL_DATA, TEXT_VRS, Dataset, Element, Unreadable

TEXTUAL = TEXT_VRS | {b"CS", b"AE", b"UR"}
NUMERIC = {
    b"DS": b"0123456789+-.eE\\ \0",
    b"IS": b"0123456789+-\\ \0",
    b"TM": b"0123456789:.-\\ \0",
    b"DA": b"0123456789.-\\ \0",
    b"DT": b"0123456789.+-\\ \0",
    b"AS": b"0123456789DWMY\\ \0",
    b"UI": b"0123456789.\\ \0",
}
"""Text of digits: searched like other text where it holds anything else."""
ONE_TEXT = frozenset((b"LT", b"ST", b"UT", b"UR"))
APART = "\n"
SMALL = 1024
"""Bytes. A binary value up to here is emptied when it says a name; a larger one holds the file back."""
DEFINED = {
    0x00080005: frozenset(python_encoding),
    0x00280004: frozenset(
        ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "HSV", "ARGB", "CMYK", "YBR_FULL", "YBR_FULL_422",
         "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT", "XYB")
    ),
}  # fmt: skip
"""Specific Character Set and Photometric Interpretation: without them nobody can read the rest."""
COUNTED = frozenset((0x00200011, 0x00200012, 0x00200013))
"""SeriesNumber, AcquisitionNumber, InstanceNumber: the only numbers that may become 0 without a loss."""


class HeldBack(Unreadable):
    """A value says something of the patient's and cannot be cleaned without spoiling the file."""

    def __init__(self, element: Element) -> None:
        super().__init__(f"{name_of(element.tag)} says what may be the patient's, and the file needs it")


class Kept:
    """Where the values that stay are, in the data sets that are being made."""

    def __init__(self) -> None:
        self._texts: list[tuple[Dataset, int, Encodings]] = []
        self._codes: list[tuple[Dataset, int, Encodings]] = []
        self._numbers: list[tuple[Dataset, int]] = []
        self._data: list[tuple[Dataset, int]] = []

    def note(self, dataset: Dataset, element: Element, encodings: Encodings) -> None:
        """The next element of `dataset` will be `element`."""
        vr, value, at = element.vr, element.value, len(dataset)
        if not value or element.tag in PIXEL_DATA or (element.tag in DEFINED and _is_defined(element)):
            return
        if vr == b"CS":
            self._codes.append((dataset, at, encodings))
        elif vr in TEXTUAL or (vr in NUMERIC and bytes(value).translate(None, NUMERIC[vr])):
            self._texts.append((dataset, at, encodings))
        elif vr in (b"DS", b"IS", b"TM"):
            self._numbers.append((dataset, at))
        elif vr not in NUMERIC and len(value) >= SHORTEST_BYTES:
            self._data.append((dataset, at))

    def search(self, spellings: Spellings) -> int:
        """Clean what is found; the number of values that were changed. Raises `HeldBack`."""
        changed = self._search_texts(self._texts, spellings) + self._search_texts(self._codes, spellings)
        return changed + self._search_numbers(spellings) + self._search_data(spellings)

    def _search_texts(self, places: list[tuple[Dataset, int, Encodings]], spellings: Spellings) -> int:
        whole_words = places is self._codes
        joined = APART.encode().join(bytes(dataset[at].value) for dataset, at, _ in places)
        usual = all(encodings[0][:6] != "utf_16" for _, _, encodings in places)
        plain = joined.isascii() and ESCAPE not in joined and usual
        if plain and not spellings.found(joined.decode(), apart=whole_words):
            return 0
        changed = 0
        for dataset, at, encodings in places:
            element = dataset[at]
            text = decoded(element.value, encodings, name=element.vr == b"PN")
            if spellings.found(text, apart=whole_words):
                if element.tag in DEFINED:
                    raise HeldBack(element)
                dataset[at] = _with_value(element, encoded(_cleaned(text, element.vr, spellings), encodings))
                changed += 1
        return changed

    def _search_numbers(self, spellings: Spellings) -> int:
        changed = 0
        for dataset, at in self._numbers:
            element = dataset[at]
            value = bytes(element.value)
            if element.vr == b"TM":
                if spellings.in_times(value):
                    dataset[at] = _with_value(element, b"000000")
                    changed += 1
            elif spellings.in_numbers(value):
                if element.tag not in COUNTED:
                    raise HeldBack(element)
                dataset[at] = _with_value(element, b"0")
                changed += 1
        return changed

    def _search_data(self, spellings: Spellings) -> int:
        changed = 0
        for dataset, at in self._data:
            element = dataset[at]
            if spellings.in_data(bytes(element.value)):
                if len(element.value) > SMALL or element.tag in BINARY or element.tag in DEFINED:
                    raise HeldBack(element)
                dataset[at] = _with_value(element, b"")
                changed += 1
        return changed


def _is_defined(element: Element) -> bool:
    terms = bytes(element.value[:SMALL]).decode("latin-1").split("\\")
    return len(element.value) <= SMALL and all(term.strip(" \0") in DEFINED[element.tag] for term in terms)


def _cleaned(text: str, vr: bytes, spellings: Spellings) -> str:
    if vr in NUMERIC:
        return ""
    parts = [text] if vr in ONE_TEXT else text.split("\\")
    if vr == b"CS":
        return "\\".join("X" if spellings.found(part, apart=True) else part for part in parts)
    return "\\".join(spellings.cleaned(part) if spellings.found(part) else part for part in parts)


def _with_value(element: Element, value: bytes) -> Element:
    changed = Element(element.tag, element.vr, value)
    changed.written_as = element.written_as
    return changed
