"""An instance as Explicit VR Little Endian, written while its frames are decoded one by one: never whole in memory."""

import io
import struct
from collections.abc import AsyncIterator, Iterator

from pydicom import Dataset, dcmwrite
from pydicom.dataelem import RawDataElement
from pydicom.uid import UID, ExplicitVRLittleEndian
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.behind_pixels import elements_of, read_whole
from radquarry.api.dicomweb.damaged import NOT_WHOLE
from radquarry.api.dicomweb.decoding import Decoders, Job, not_decodable
from radquarry.api.dicomweb.frame_bytes import portions, swapped
from radquarry.api.dicomweb.frame_places import FrameMap, frame_map
from radquarry.api.dicomweb.headers import HOSTILE, Header, Unreadable, opened, unreadable
from radquarry.api.problems import Problem

MOST_HEADER = 64 * 1024 * 1024
LONGEST_VALUE = 0xFFFFFFFE
OFFSET_TABLES = (0x7FE00001, 0x7FE00002)


async def explicit(file: InstanceFile, decoders: Decoders) -> AsyncIterator[bytes]:
    """The whole file; raises the problem to show before the first portion where it cannot be done."""
    header = await run_in_threadpool(read_whole, file)
    if not header.is_whole:
        raise Unreadable(NOT_WHOLE)
    data = await run_in_threadpool(_loaded, header)
    if header.pixels is None:
        yield await run_in_threadpool(_written, data)
        return
    frames = await run_in_threadpool(frame_map, header)
    if frames.is_native:
        length = header.pixels.length or 0
        front, behind = await run_in_threadpool(_halves, data, header.pixels.tag)
        yield front
        yield _pixel_head(header, length, header.pixels.vr)
        async for portion in iterate_in_threadpool(_native(frames, length)):
            yield portion
        yield b"\0" * (length % 2) + behind
        return
    async for portion in _decoded(data, frames, decoders):
        yield portion


async def _decoded(data: Dataset, frames: FrameMap, decoders: Decoders) -> AsyncIterator[bytes]:
    path = frames.header.file.path
    about, content = await decoders.done(Job(path, 0, "native"))
    length = len(content) * frames.count
    if length > LONGEST_VALUE:
        raise not_decodable()
    data.PhotometricInterpretation = about["photometric_interpretation"]
    data.SamplesPerPixel, data.BitsAllocated = about["samples_per_pixel"], about["bits_allocated"]
    if about["samples_per_pixel"] > 1:
        data.PlanarConfiguration = 0
    pixels = frames.header.pixels
    assert pixels is not None  # noqa: S101 - there are frames
    front, behind = await run_in_threadpool(_halves, data, pixels.tag)
    yield front
    yield _pixel_head(frames.header, length, "OB" if about["bits_allocated"] <= 8 else "OW")
    yield content
    for number in range(1, frames.count):
        _, content = await decoders.done(Job(path, number, "native"))
        if len(content) * frames.count != length:
            raise EOFError("a frame has another size than the first one")
        yield content
    yield b"\0" * (length % 2) + behind


def _native(frames: FrameMap, length: int) -> Iterator[bytes]:
    header, place = frames.header, frames.header.pixels
    assert place is not None  # noqa: S101 - asked before
    cell = max(1, frames.cell_bits // 8) if header.is_big_endian else 1
    if header.is_big_endian and place.vr == "OW":
        cell = max(cell, 2)
    with opened(header.file) as (stream, _):
        for portion in portions(stream, place.offset, length):
            yield swapped(portion, cell) if cell > 1 else portion


def _pixel_head(header: Header, length: int, vr: str) -> bytes:
    assert header.pixels is not None  # noqa: S101 - asked before
    tag = header.pixels.tag
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode("ascii"), 0, length + length % 2)


def _loaded(header: Header) -> Dataset:
    """All attributes but pixels and their tables, in memory; numbers in binary values turned to little endian."""
    data = read_whole(header.file).dataset
    raws = (each for each in elements_of(data) if isinstance(each, RawDataElement))
    if sum(raw.length for raw in raws if raw.value is None) > MOST_HEADER:
        raise Problem(406, "not-decodable", "Too large", "The attributes are too large to be written anew.")
    for tag in OFFSET_TABLES:
        data.pop(tag, None)
    try:
        for element in data.iterall():  # also gives those a VR that were written without one
            if header.is_big_endian and element.VR == "OW" and element.value:
                element.value = swapped(element.value, 2)
    except HOSTILE as error:
        raise unreadable(error) from None
    return data


def _halves(data: Dataset, pixels: int) -> tuple[bytes, bytes]:
    """The file up to the pixels, and what follows them."""
    whole = _written(data)
    behind = [tag for tag in data.keys() if tag > pixels]  # noqa: SIM118 - a data set yields elements
    if not behind:
        return whole, b""
    for tag in behind:
        del data[tag]
    front = _written(data)
    return front, whole[len(front) :]


def _written(data: Dataset) -> bytes:
    data.file_meta.TransferSyntaxUID = UID(ExplicitVRLittleEndian)
    made = io.BytesIO()
    try:
        dcmwrite(made, data, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except HOSTILE as error:
        raise unreadable(error) from None
    return made.getvalue()
