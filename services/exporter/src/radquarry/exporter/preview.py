"""What a profile would do to a file, attribute by attribute, before and after; nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from radquarry.exporter.cleaning.charsets import DEFAULT, Encodings, decoded
from radquarry.exporter.cleaning.cleaner import Cleaner
from radquarry.exporter.cleaning.gathering import charset_of
from radquarry.exporter.cleaning.searching import NUMERIC, TEXTUAL
from radquarry.exporter.dicom_bytes.dictionary import name_of
from radquarry.exporter.dicom_bytes.elements import Dataset, Element
from radquarry.exporter.dicom_bytes.part10 import DicomFile

LONGEST = 512
"""Characters of a value."""


@dataclass(frozen=True)
class Change:
    """One attribute: where, and its value before and after as a person reads it."""

    where: str
    what: Literal["kept", "changed", "emptied", "removed", "added"]
    before: str
    after: str


def changes(cleaner: Cleaner, file: DicomFile) -> Iterator[Change]:
    """Every attribute at any depth, in the order of the file; those that are added come last."""
    yield from _compared(file.dataset, cleaner.clean(file).file.dataset, "", (DEFAULT, DEFAULT))


def _compared(before: Dataset, after: Dataset, where: str, around: tuple[Encodings, Encodings]) -> Iterator[Change]:
    encodings = charset_of(before, around[0]), charset_of(after, around[1])
    left = {element.tag: element for element in after}
    for element in before:
        place, kept = f"{where}{name_of(element.tag)}", left.pop(element.tag, None)
        if kept is None:
            yield Change(place, "removed", _shown(element, encodings[0]), "")
        elif element.items is not None and kept.items is not None:
            yield from _items(element, kept, place, encodings)
        else:
            yield _leaf(element, kept, place, encodings)
    for element in left.values():
        yield Change(f"{where}{name_of(element.tag)}", "added", "", _shown(element, encodings[1]))


def _items(element: Element, kept: Element, place: str, encodings: tuple[Encodings, Encodings]) -> Iterator[Change]:
    before, after = element.items or [], kept.items or []
    if len(after) < len(before):
        yield Change(place, "changed" if after else "emptied", _shown(element, DEFAULT), _shown(kept, DEFAULT))
    for number, (one, other) in enumerate(zip(before, after, strict=False), 1):
        yield from _compared(one, other, f"{place}[{number}] > ", encodings)


def _leaf(element: Element, kept: Element, place: str, encodings: tuple[Encodings, Encodings]) -> Change:
    before, after = _shown(element, encodings[0]), _shown(kept, encodings[1])
    if element.value == kept.value:
        return Change(place, "kept", before, after)
    return Change(place, "changed" if kept.value or kept.items else "emptied", before, after)


def _shown(element: Element, encodings: Encodings) -> str:
    if element.items is not None:
        return f"{len(element.items)} items"
    if element.vr not in TEXTUAL and element.vr not in NUMERIC:
        return f"{len(element.value)} bytes" if len(element.value) > 16 else bytes(element.value).hex(" ")
    text = decoded(element.value[: 4 * LONGEST], encodings, name=element.vr == b"PN").strip(" \0")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
