"""A file far larger than memory should be: its frames are read where they lie."""

import struct
from pathlib import Path

import psutil
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

from tests.api.dicomweb.archived import AS_STORED, EXPLICIT, Kept, parts, slice_of, written
from tests.api.gateway import Gateway

MEGABYTE = 1024 * 1024
FRAME, FRAMES = MEGABYTE, 2100
GROWTH = 60 * MEGABYTE
"""What one answer may cost in memory, however large its file."""


def long_native(folder: Path, frames: int = FRAMES) -> Kept:
    """Frames of a megabyte, sparse on the disk; the last one ends with a word."""
    file = written(folder, slice_of(1, Rows=512, Columns=1024, NumberOfFrames=frames, PixelData=b"\0\0"))
    content = file.path.read_bytes()
    head = content[: content.index(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 2))]
    with file.path.open("wb") as stream:
        stream.write(head + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, FRAME * frames))
        stream.seek(FRAME * frames - 4, 1)
        stream.write(b"last")
    return file


def long_compressed(folder: Path, table: bool) -> Kept:
    """As many frames as fragments, with or without a table of their places."""
    changes = {"Rows": 512, "Columns": 1024, "NumberOfFrames": FRAMES, "PixelData": encapsulate([b"12345678"])}
    data = slice_of(3 if table else 2, **changes)
    data.file_meta.TransferSyntaxUID = JPEG2000Lossless
    data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True
    file = written(folder, data)
    content = file.path.read_bytes()
    place = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
    offsets = struct.pack(f"<{FRAMES}I", *(number * (FRAME + 8) for number in range(FRAMES))) if table else b""
    with file.path.open("wb") as stream:
        stream.write(content[: content.index(place)] + place)
        stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, len(offsets)) + offsets)
        for number in range(FRAMES):
            stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, FRAME) + b"\xff\x4f\xff\x51" + struct.pack("<I", number))
            stream.seek(FRAME - 8, 1)
        stream.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    return file


async def last_frame(gateway: Gateway, file: Kept) -> bytes:
    """It alone."""
    ((_, content),) = parts(await gateway.client.get(f"{file.address}/frames/{FRAMES}", headers=AS_STORED))
    return content


async def test_a_frame_of_two_gigabytes_costs_its_own_size(gateway: Gateway, tmp_path: Path) -> None:
    native, walked, told = long_native(tmp_path), long_compressed(tmp_path, False), long_compressed(tmp_path, True)
    small = written(tmp_path, slice_of(9))
    parts(await gateway.client.get(f"{small.address}/frames/1", headers=AS_STORED))
    memory = psutil.Process()
    before = memory.memory_info().rss

    assert (await last_frame(gateway, native))[-4:] == b"last"
    assert (await last_frame(gateway, walked))[:8] == b"\xff\x4f\xff\x51" + struct.pack("<I", FRAMES - 1)
    assert (await last_frame(gateway, told))[:8] == b"\xff\x4f\xff\x51" + struct.pack("<I", FRAMES - 1)
    for file in (native, walked, told):
        assert (await gateway.client.get(f"{file.address}/metadata")).status_code == 200

    assert memory.memory_info().rss - before < GROWTH


@pytest.mark.parametrize("headers", [{"Accept": "*/*"}, EXPLICIT])
async def test_a_whole_file_flows_through(gateway: Gateway, tmp_path: Path, headers: dict[str, str]) -> None:
    file = long_native(tmp_path, frames=300)
    memory = psutil.Process()
    before, most, taken = memory.memory_info().rss, 0, 0

    async with gateway.client.stream("GET", file.address, headers=headers) as answer:
        async for portion in answer.aiter_bytes():
            taken += len(portion)
            most = max(most, memory.memory_info().rss)

    assert taken > 300 * MEGABYTE
    assert most - before < GROWTH
