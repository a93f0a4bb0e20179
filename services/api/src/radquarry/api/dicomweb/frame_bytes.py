"""One frame's bytes from its file, in portions; native ones always little endian."""

from collections.abc import Iterator
from typing import BinaryIO

from radquarry.api.dicomweb.frame_places import CHUNK, FrameMap, fragments_of
from radquarry.api.dicomweb.headers import Header, opened
from radquarry.api.problems import Problem

LARGEST_PACKED = 64 * 1024 * 1024


def frame_bytes(frames: FrameMap, number: int) -> Iterator[bytes]:
    """Of frame `number`, 0-based; raises the problem to show before the first portion where the file is too short."""
    start = frames.starts[number]
    bits = frames.frame_bits
    if bits is None:
        end = frames.starts[number + 1] if number + 1 < frames.count else frames.end
        return _fragments(frames, start, end)
    length = (bits + 7) // 8
    if start + length > frames.end:
        raise cut_short()
    if bits % 8:
        return _unaligned(frames, number, bits)
    return _native(frames.header, start, length, max(1, frames.cell_bits // 8) if frames.header.is_big_endian else 1)


def cut_short() -> Problem:
    """Pixels are missing at the end of the file."""
    detail = "The file ends before the pixels it announces; it can be fetched as it is."
    return Problem(500, "unreadable-instance", "The file is cut short", detail)


def portions(stream: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    """So many bytes from `start` on; raises `EOFError` when they are not there."""
    stream.seek(start)
    while length:
        portion = stream.read(min(CHUNK, length))
        if not portion:
            raise EOFError
        length -= len(portion)
        yield portion


def swapped(portion: bytes, cell: int) -> bytes:
    """Big-endian cells of so many bytes as little-endian ones."""
    turned = bytearray(len(portion))
    for place in range(cell):
        turned[place::cell] = portion[cell - 1 - place :: cell]
    return bytes(turned)


def _native(header: Header, start: int, length: int, cell: int) -> Iterator[bytes]:
    place = header.pixels
    if cell == 1 and header.is_big_endian and place is not None and place.vr == "OW":
        cell = 2  # 8-bit cells in 16-bit words (PS3.5 section 8.1.1)
    with opened(header.file) as (stream, _):
        if cell == 1 or place is None:
            yield from portions(stream, start, length)
            return
        before = (start - place.offset) % cell  # of a word that begins in the frame before
        for portion in portions(stream, start - before, -(-(before + length) // cell) * cell):
            turned = swapped(portion, cell)[before : before + length]
            yield turned
            before, length = 0, length - len(turned)


def _fragments(frames: FrameMap, start: int, end: int) -> Iterator[bytes]:
    with opened(frames.header.file) as (stream, _):
        for offset, length in fragments_of(stream, start, end):
            yield from portions(stream, offset, length)


def _unaligned(frames: FrameMap, number: int, bits: int) -> Iterator[bytes]:
    """1-bit pixels are packed over the ends of frames (PS3.5 section 8.1.1): shifted to begin with a byte."""
    first, last = bits * number, bits * (number + 1)
    length = (last + 7) // 8 - first // 8
    if length > LARGEST_PACKED or frames.starts[0] + (last + 7) // 8 > frames.end:
        raise cut_short()
    with opened(frames.header.file) as (stream, _):
        packed = b"".join(portions(stream, frames.starts[0] + first // 8, length))
    whole = int.from_bytes(packed, "little") >> first % 8
    yield (whole & (1 << bits) - 1).to_bytes((bits + 7) // 8, "little")
