"""Bytes that count as Pixel Data but are no pixels: text could leave in them, since pixels are taken as they are.

It holds whatever the profile says of text in pixels. What lies in a picture itself, compressed or not, is not read.
"""

from radquarry.exporter.codestreams import behind, beside_jpeg, beside_jpeg2000
from radquarry.exporter.dicom_bytes.elements import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    PIXEL_DATA,
    Bytes,
    Dataset,
    Element,
    found,
    plain,
)
from radquarry.exporter.dicom_bytes.part10 import DicomFile

AUDIO = "1.2.840.10008.5.1.4.1.1.9.4."
NATIVE = (IMPLICIT, EXPLICIT, BIG, DEFLATED)
OURS = "1.2.840.10008.1.2."
JPEG_LS = frozenset((f"{OURS}4.80", f"{OURS}4.81"))
JPEG = frozenset(f"{OURS}4.{number}" for number in range(50, 71))
JPEG_2000 = frozenset(f"{OURS}4.{number}" for number in (90, 91, 92, 93, 201, 202, 203))
RLE = f"{OURS}5"
BEGINNINGS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")
"""Of a picture; a fragment that begins otherwise goes on with the one before."""
BITS = {0x7FE00008: 32, 0x7FE00009: 64}


def reason_to_hold(file: DicomFile) -> str:
    """Why what stands in or beside the pixels cannot be given away unread; empty when nothing speaks against it."""
    if plain(file.dataset, 0x00080016).startswith(AUDIO):
        return "it holds sound, in which somebody may be named"
    if _elsewhere(file.dataset, top=True):
        return "pixels stand in a sequence, or in a group of their own, where they are not read"
    pixels = [element for element in file.dataset if element.tag in PIXEL_DATA]
    if len(pixels) > 1:
        return "pixel data stands there twice"
    if not pixels:
        return ""
    if file.transfer_syntax_uid in NATIVE and not pixels[0].fragments:
        return _native(file, pixels[0])
    if file.transfer_syntax_uid in NATIVE or not pixels[0].fragments:
        return "the pixels are not written as the transfer syntax says"
    return _compressed(file, pixels[0])


def _elsewhere(dataset: Dataset, *, top: bool = False) -> bool:
    for element in dataset:
        group = element.tag >> 16
        if group >> 8 == 0x7F and not group & 1 and (not top or group != 0x7FE0):
            return True
        if any(_elsewhere(item) for item in element.items or ()):
            return True
    return False


def _native(file: DicomFile, pixels: Element) -> str:
    number = _Numbers(file)
    bits = BITS.get(pixels.tag) or number.of(0x00280100)
    samples = number.of(0x00280002) or 1
    values = number.of(0x00280010) * number.of(0x00280011) * samples * number.frames()
    subsampled = {"YBR_FULL_422": (2, 3), "YBR_PARTIAL_422": (2, 3), "YBR_PARTIAL_420": (1, 2)}
    if samples == 3:
        over, under = subsampled.get(plain(file.dataset, 0x00280004), (1, 1))
        values = values * over // under
    size = (values * bits + 7) // 8
    if not size:
        return "it does not say how large its picture is"
    if len(pixels.value) < size:
        return "pixel data is shorter than rows, columns and frames say"
    return "pixel data is longer than rows, columns and frames say" if behind(pixels.value, size + size % 2) else ""


class _Numbers:
    """Numbers at the top of a data set; 0 for what is none."""

    def __init__(self, file: DicomFile) -> None:
        self._dataset = file.dataset
        self._big = file.transfer_syntax_uid == BIG

    def of(self, tag: int) -> int:
        element = found(self._dataset, tag)
        if element is None or len(element.value) != 2:
            return 0
        return int.from_bytes(element.value, "big" if self._big else "little")

    def frames(self) -> int:
        text = plain(self._dataset, 0x00280008)
        if not text:
            return 1
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _compressed(file: DicomFile, pixels: Element) -> str:
    frames = _Numbers(file).frames()
    table, fragments = _parts(pixels.value)
    tables: list[Bytes] = [table]
    if (extended := found(file.dataset, 0x7FE00001)) is not None:
        tables.append(extended.value)
    starts = [start for start, _ in fragments]
    if not _points(tables[0], 4, frames, starts) or not all(_points(each, 8, frames, starts) for each in tables[1:]):
        return "the table of where frames begin is none"
    lengths = found(file.dataset, 0x7FE00002)
    if lengths is not None and not _says_lengths(lengths.value, [len(data) for _, data in fragments]):
        return "the table of frames' lengths is none"
    return _frames_fault(file.transfer_syntax_uid, [data for _, data in fragments], frames)


def _parts(value: Bytes) -> tuple[Bytes, list[tuple[int, Bytes]]]:
    """The basic offset table, and each fragment with its offset from the end of the table."""
    items: list[tuple[int, Bytes]] = []
    at = 0
    while at + 8 <= len(value) and bytes(value[at : at + 4]) == b"\xfe\xff\0\xe0":
        after = at + 8 + int.from_bytes(value[at + 4 : at + 8], "little")
        items.append((at, value[at + 8 : after]))
        at = after
    if not items:
        return b"", []
    first = 8 + len(items[0][1])
    return items[0][1], [(start - first, data) for start, data in items[1:]]


def _points(table: Bytes, size: int, frames: int, starts: list[int]) -> bool:
    """Whether it is empty, or has a fragment's place for each frame, one behind the other."""
    if not len(table):
        return True
    if len(table) != size * frames:
        return False
    places = [int.from_bytes(table[at : at + size], "little") for at in range(0, len(table), size)]
    return places[0] == 0 and places == sorted(set(places)) and set(places) <= set(starts)


def _says_lengths(table: Bytes, lengths: list[int]) -> bool:
    said = [int.from_bytes(table[at : at + 8], "little") for at in range(0, len(table), 8)]
    if len(said) != len(lengths):
        return False
    return all(length - 1 <= each <= length for each, length in zip(said, lengths, strict=True))


def _frames_fault(syntax: str, fragments: list[Bytes], frames: int) -> str:
    if syntax == RLE:
        fits = len(fragments) == frames and all(map(_rle_header, fragments))
        return "" if fits else "its run-length encoding is not as the standard says"
    if syntax not in JPEG | JPEG_LS | JPEG_2000:
        return "the pixels are compressed in a way that cannot be looked through"
    pictures = _pictures(fragments)
    if len(pictures) != frames:
        return "it does not hold as many compressed pictures as it says"
    for picture in pictures:
        fault = beside_jpeg2000(picture) if syntax in JPEG_2000 else beside_jpeg(picture, lossless_ls=syntax in JPEG_LS)
        if fault:
            return fault
    return ""


def _pictures(fragments: list[Bytes]) -> list[Bytes]:
    together: list[list[Bytes]] = []
    for fragment in fragments:
        if not together or bytes(fragment[:4]).startswith(BEGINNINGS):
            together.append([])
        together[-1].append(fragment)
    return [parts[0] if len(parts) == 1 else b"".join(parts) for parts in together]


def _rle_header(fragment: Bytes) -> bool:
    """PS3.5 section G.5: up to fifteen offsets behind their count, the first is 64, unused ones are 0."""
    if len(fragment) < 64:
        return False
    count, *offsets = (int.from_bytes(fragment[at : at + 4], "little") for at in range(0, 64, 4))
    used = offsets[:count]
    if not 1 <= count <= 15 or used[0] != 64 or any(offsets[count:]):
        return False
    return used == sorted(set(used)) and used[-1] <= len(fragment)
