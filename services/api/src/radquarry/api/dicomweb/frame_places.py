"""Where each frame lies in its file, by arithmetic, offset table or a walk over the fragments: nothing is loaded."""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from pydicom.dataelem import RawDataElement

from radquarry.api.dicomweb.headers import HOSTILE, Header, opened, unreadable
from radquarry.api.problems import Problem

CHUNK = 256 * 1024
ITEM, DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
IMAGE_STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51")
"""Of a JPEG or JPEG-LS stream, of a JPEG 2000 codestream."""
MOST_FRAMES = 1_000_000
MOST_TABLE = 16 * 1024 * 1024


@dataclass(frozen=True)
class FrameMap:
    """`starts` are offsets in the file. Native frames have `frame_bits` each; else a frame ends where the next begins.

    `end` is the offset after the last one.
    """

    header: Header
    count: int
    starts: "array[int]"
    end: int
    frame_bits: int | None

    @property
    def is_native(self) -> bool:
        """Pixels are not compressed."""
        return self.frame_bits is not None

    @property
    def cell_bits(self) -> int:
        """Bits Allocated."""
        return int(self.header.dataset.BitsAllocated)


def frame_map(header: Header) -> FrameMap:
    """Raises the problem to show: no pixels, or not where they are said to be."""
    if header.pixels is None:
        raise Problem(404, "no-pixels", "No pixels", "This instance has no pixel data.")
    try:
        return _native(header) if header.pixels.length is not None else _encapsulated(header)
    except HOSTILE as error:
        raise unreadable(error) from None


def frame_bits(header: Header) -> int:
    """Of one native frame (PS3.5 section 8.1.1); YBR_FULL_422 shares its colours between two pixels."""
    data = header.dataset
    samples = int(data.get("SamplesPerPixel") or 1)
    if str(data.get("PhotometricInterpretation")) == "YBR_FULL_422":
        samples = 2
    return int(data.Rows) * int(data.Columns) * samples * int(data.BitsAllocated)


def _count(header: Header) -> int:
    count = int(header.dataset.get("NumberOfFrames") or 1)
    if not 0 < count <= MOST_FRAMES:
        raise ValueError("the number of frames is out of bounds")
    return count


def _native(header: Header) -> FrameMap:
    place, count, bits = header.pixels, _count(header), frame_bits(header)
    if place is None or place.length is None or bits <= 0:
        raise ValueError("no pixels")
    starts = array("Q", (place.offset + bits * frame // 8 for frame in range(count)))
    end = place.offset + place.length
    with opened(header.file) as (stream, _):
        stream.seek(0, 2)
        end = min(end, stream.tell())
    return FrameMap(header, count, starts, end, bits)


def _encapsulated(header: Header) -> FrameMap:
    count = _count(header)
    assert header.pixels is not None  # noqa: S101 - asked before
    with opened(header.file) as (stream, _):
        stream.seek(header.pixels.offset)
        table = _offset_table(stream)
        first = stream.tell()
        starts = _extended(header, stream, first) or array("Q", (first + offset for offset in table))
        stream.seek(0, 2)
        size = stream.tell()
        if len(starts) != count or not _are_items(stream, starts):
            starts, size = _walked(stream, first, count)
    return FrameMap(header, count, starts, size, None)


def _offset_table(stream: BinaryIO) -> list[int]:
    """The Basic Offset Table; leaves the stream at the first fragment (PS3.5 section A.4)."""
    head = stream.read(8)
    (length,) = struct.unpack("<I", head[4:])
    if head[:4] != ITEM or length % 4 or length > MOST_TABLE:
        raise ValueError("no offset table")
    return list(struct.unpack(f"<{length // 4}I", stream.read(length)))


def _extended(header: Header, stream: BinaryIO, first: int) -> "array[int] | None":
    """The Extended Offset Table (7FE0,0001), where there is one."""
    raw = header.dataset.get_item(0x7FE00001, keep_deferred=True) if 0x7FE00001 in header.dataset else None
    if raw is None:
        return None
    value = raw.value
    if isinstance(raw, RawDataElement) and value is None:
        if raw.length > MOST_TABLE:
            return None
        stream.seek(raw.value_tell)
        value = stream.read(raw.length)
    offsets = struct.unpack(f"<{len(value) // 8}Q", bytes(value)[: len(value) // 8 * 8])
    return array("Q", (first + offset for offset in offsets))


def _are_items(stream: BinaryIO, starts: "array[int]") -> bool:
    """Whether a table tells the truth: each frame begins with an item, and they follow each other."""
    if any(here >= there for here, there in pairwise(starts)):
        return False
    for start in starts:
        stream.seek(start)
        if stream.read(4) != ITEM:
            return False
    return True


def _walked(stream: BinaryIO, first: int, count: int) -> "tuple[array[int], int]":
    """Frames without a table: one fragment each, or each from a fragment that begins an image on."""
    fragments, beginnings, end = array("Q"), array("Q"), first
    for start, length in fragments_of(stream, first, None):
        fragments.append(start - 8)
        stream.seek(start)
        if stream.read(4).startswith(IMAGE_STARTS):
            beginnings.append(start - 8)
        end = start + length
    for starts in (fragments[:1] if count == 1 else fragments, beginnings):
        if len(starts) == count:
            return starts, end
    raise ValueError("fragments and frames do not fit each other")


def fragments_of(stream: BinaryIO, start: int, end: int | None) -> Iterator[tuple[int, int]]:
    """Offset and length of each fragment's bytes from `start` on, up to `end` or the sequence's delimiter."""
    while end is None or start < end:
        stream.seek(start)
        head = stream.read(8)
        if len(head) == 8 and head[:4] == DELIMITER:
            return
        if len(head) < 8 or head[:4] != ITEM:
            raise ValueError("a fragment is not where it should be")
        (length,) = struct.unpack("<I", head[4:])
        yield start + 8, length
        start += 8 + length
