"""The last search: all that stays is looked through for the patient's own values, together first, then one by one."""

from radquarry.exporter.cleaning.charsets import ESCAPE, Encodings, decoded, encoded
from radquarry.exporter.cleaning.own_values import Spellings, folded
from radquarry.exporter.dicom_bytes.elements import PIXEL_DATA, TEXT_VRS, Dataset, Element

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
SHORTEST_BYTES = 6
ONE_TEXT = frozenset((b"LT", b"ST", b"UT", b"UR"))
APART = b"\n"


class Kept:
    """Where the values that stay are, in the data sets that are being made."""

    def __init__(self) -> None:
        self._texts: list[tuple[Dataset, int, Encodings]] = []
        self._data: list[tuple[Dataset, int]] = []

    def note(self, dataset: Dataset, element: Element, encodings: Encodings) -> None:
        """The next element of `dataset` will be `element`."""
        vr, value = element.vr, element.value
        if not value or element.tag in PIXEL_DATA:
            return
        if vr in TEXTUAL or (vr in NUMERIC and bytes(value).translate(None, NUMERIC[vr])):
            self._texts.append((dataset, len(dataset), encodings))
        elif vr not in NUMERIC and len(value) >= SHORTEST_BYTES:
            self._data.append((dataset, len(dataset)))

    def search(self, spellings: Spellings) -> int:
        """Clean what is found; the number of values that were changed."""
        return self._search_texts(spellings) + self._search_data(spellings)

    def _search_texts(self, spellings: Spellings) -> int:
        joined = APART.join(bytes(dataset[at].value) for dataset, at, _ in self._texts)
        usual = all(encodings[0][:6] != "utf_16" for _, _, encodings in self._texts)
        if joined.isascii() and ESCAPE not in joined and usual and not spellings.text.search(joined.decode().lower()):
            return 0
        changed = 0
        for dataset, at, encodings in self._texts:
            element = dataset[at]
            text = decoded(element.value, encodings, name=element.vr == b"PN")
            if spellings.text.search(folded(text)):
                dataset[at] = _with_value(element, encoded(_cleaned(text, element.vr, spellings), encodings))
                changed += 1
        return changed

    def _search_data(self, spellings: Spellings) -> int:
        changed = 0
        for dataset, at in self._data:
            if spellings.data.search(dataset[at].value):
                dataset[at] = _with_value(dataset[at], b"")
                changed += 1
        return changed


def _cleaned(text: str, vr: bytes, spellings: Spellings) -> str:
    if vr in NUMERIC:
        return ""
    parts = [text] if vr in ONE_TEXT else text.split("\\")
    return "\\".join(spellings.cleaned(part) if spellings.text.search(folded(part)) else part for part in parts)


def _with_value(element: Element, value: bytes) -> Element:
    changed = Element(element.tag, element.vr, value)
    changed.written_as = element.written_as
    return changed
