"""How a file wants its pixels to be shown: windows and palette, as its attributes say."""

from struct import unpack

import numpy as np
import numpy.typing as npt

from radquarry.exporter.dicom_bytes.elements import BIG, Element, found, plain
from radquarry.exporter.dicom_bytes.part10 import DicomFile
from radquarry.exporter.pixels.unread import PixelsUnread
from radquarry.exporter.pixels.views import Shown

DESCRIPTORS, TABLES = (0x00281101, 0x00281102, 0x00281103), (0x00281201, 0x00281202, 0x00281203)


def shown_as(file: DicomFile, photometric: str) -> Shown:
    """Raises `PixelsUnread` for palettes of other kinds."""
    if photometric == "PALETTE COLOR":
        palette, first = _palette(file)
        return Shown(photometric, (), palette, first)
    return Shown(photometric, _windows(file))


def _numbers(file: DicomFile, tag: int) -> list[float]:
    try:
        return [float(text) for text in plain(file.dataset, tag).split("\\") if text.strip()]
    except ValueError:
        return []


def _windows(file: DicomFile) -> tuple[tuple[float, float], ...]:
    """As stored values: rescaling is undone."""
    slope, intercept = (_numbers(file, 0x00281053) or [1.0])[0], (_numbers(file, 0x00281052) or [0.0])[0]
    if not slope:
        return ()
    pairs = zip(_numbers(file, 0x00281050), _numbers(file, 0x00281051), strict=False)
    stored = [((centre - intercept) / slope, abs(width / slope)) for centre, width in pairs if width > 0]
    return tuple(each for each in stored if all(map(np.isfinite, each)))


def _palette(file: DicomFile) -> tuple[npt.NDArray[np.uint8], int]:
    order = ">" if file.transfer_syntax_uid == BIG else "<"
    channels, first = [], 0
    for descriptor_tag, table_tag in zip(DESCRIPTORS, TABLES, strict=True):
        descriptor, table = found(file.dataset, descriptor_tag), found(file.dataset, table_tag)
        if descriptor is None or table is None or len(descriptor.value) != 6:
            raise PixelsUnread("its palette is of a kind that is not read")
        count, first, bits = unpack(f"{order}{'HhH' if descriptor.vr == b'SS' else 'HHH'}", descriptor.value)
        channels.append(_channel(table, count or 65536, bits, order))
    return np.stack(channels, axis=1), first


def _channel(table: Element, count: int, bits: int, order: str) -> npt.NDArray[np.uint8]:
    if len(table.value) >= 2 * count:
        values = np.frombuffer(table.value, f"{order}u2", count)
        return (values >> 8 if bits == 16 else values & 0xFF).astype(np.uint8)
    if bits == 8 and len(table.value) >= count:
        return np.frombuffer(table.value, np.uint8, count)
    raise PixelsUnread("its palette is of a kind that is not read")
