"""Data elements as they lie in the bytes: nothing is decoded, large values are views of the file."""

from dataclasses import dataclass

from radquarry.errors import Permanent

Bytes = bytes | memoryview

LONG_VRS = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
"""Value representations with a length of 32 bits (PS3.5 section 7.1.2)."""
SHORT_VRS = frozenset(
    (b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
     b"ST", b"TM", b"UI", b"UL", b"US")
)  # fmt: skip
TEXT_VRS = frozenset((b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UT"))
"""Those that Specific Character Set applies to."""

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = frozenset((0x7FE00010, 0x7FE00008, 0x7FE00009))
"""Pixel Data, Float and Double Float Pixel Data."""

IMPLICIT, EXPLICIT, BIG, DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)


class Unreadable(Permanent):
    """These bytes are no DICOM that can be read to its end; the text names no value."""


@dataclass(frozen=True)
class Encoding:
    """How a data set is written."""

    explicit: bool
    big_endian: bool = False

    @property
    def order(self) -> str:
        """For `struct`."""
        return ">" if self.big_endian else "<"


EXPLICIT_LITTLE, IMPLICIT_LITTLE = Encoding(explicit=True), Encoding(explicit=False)


def encoding_of(transfer_syntax_uid: str) -> Encoding:
    """Every transfer syntax but two is explicit little endian (PS3.5 annex A)."""
    if transfer_syntax_uid == IMPLICIT:
        return IMPLICIT_LITTLE
    return Encoding(explicit=True, big_endian=transfer_syntax_uid == BIG)


class Element:
    """One element: its value's bytes, or the items of a sequence. `vr` is the dictionary's where the file says none.

    `fragments`: an encapsulated value, with its items' and delimiter's bytes, written again as it is.
    `inner`: how the items of a sequence are written, which in a UN differs from what is around it.
    """

    __slots__ = ("fragments", "inner", "items", "tag", "value", "vr", "written_as")

    def __init__(self, tag: int, vr: bytes, value: Bytes = b"", items: "list[Dataset] | None" = None) -> None:
        self.tag = tag
        self.vr = vr
        self.value = value
        self.items = items
        self.fragments = False
        self.inner: Encoding | None = None
        self.written_as = vr


Dataset = list[Element]


def found(dataset: Dataset, tag: int) -> Element | None:
    """The element of this tag at the top of a data set."""
    return next((element for element in dataset if element.tag == tag), None)


def plain(dataset: Dataset, tag: int) -> str:
    """A value that is ASCII by the standard (UID, CS), without its padding; empty where there is none."""
    element = found(dataset, tag)
    return "" if element is None else bytes(element.value[:1024]).decode("ascii", "replace").strip(" \0")
