"""Compressed pictures, walked from marker to marker without decoding: what in them is not the picture.

JPEG by ITU-T T.81 annex B, JPEG-LS by T.87 annex C, JPEG 2000 by T.800 annex A.
"""

import mmap
import re

from radquarry.exporter.dicom_bytes.elements import Bytes

BROKEN = "the compressed picture cannot be walked through to its end"
COMMENT = "the compressed picture holds a comment, or something of an application"
BEHIND = "bytes stand behind the end of the compressed picture"
JPEG_SEGMENTS = frozenset((*range(0xC0, 0xD0), *range(0xDA, 0xE0), 0xF7, 0xF8)) - {0xC8}
"""Frames, tables, scans; F7 and F8 are JPEG-LS's."""
SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
SCAN_END_LS = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
"""In a scan of JPEG-LS a byte below 80 behind FF is picture."""
JPEG2000_SEGMENTS = frozenset((0x50, 0x51, 0x52, 0x53, 0x55, 0x57, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x63,
                               0x72, 0x73, 0x74, 0x75, 0x77, 0x78, 0x79))  # fmt: skip
APPLICATIONS = {
    0xE0: re.compile(rb"JFIF\x00[\x01\x02].[\x00-\x02].{4}\x00\x00", re.DOTALL),
    0xE8: re.compile(
        rb"mrfx[\x00-\x03]|\x00\x00\x00\x01\xff\xd8"
        rb"|SPIFF\x00.\x00[\x00-\x04][\x01-\x04](\x00\x00..){2}[\x00-\x10]{3}[\x00-\x02](\x00\x00..){2}",
        re.DOTALL,
    ),
    0xEE: re.compile(rb"Adobe\x00[\x64\x65].{4}[\x00-\x02]", re.DOTALL),
}
"""Of a known form, and needed to show the picture: JFIF without a thumbnail, SPIFF, a colour transform."""
ENCODERS = re.compile(
    rb"(Kakadu-v?|Created by (GDCM/)?OpenJPEG version |Creator: JasPer Version )\d{1,2}(\.\d{1,3}){0,3}\x00?"
)
"""Comments that name the program that compressed it, and nothing else."""


def beside_jpeg(picture: Bytes, *, lossless_ls: bool = False) -> str:
    """Why a JPEG or JPEG-LS picture holds more than a picture; empty when it does not."""
    scan_end = SCAN_END_LS if lossless_ls else SCAN_END
    if bytes(picture[:2]) != b"\xff\xd8":
        return BROKEN
    at = 2
    while at + 4 <= len(picture) and picture[at] == 0xFF:
        marker = picture[at + 1]
        if marker in (0xFF, 0xD9):
            if marker == 0xD9:
                return behind(picture, at + 2)
            at += 1
            continue
        after = at + 2 + _number(picture, at + 2)
        if after < at + 4 or after > len(picture):
            return BROKEN
        if fault := _fault(marker, bytes(picture[at + 4 : after])):
            return fault
        at = after
        if marker == 0xDA:
            end = scan_end.search(picture, at)
            at = end.start() if end else len(picture)
    return behind(picture, at + 2) if bytes(picture[at : at + 2]) == b"\xff\xd9" else BROKEN


def _fault(marker: int, body: bytes) -> str:
    if marker == 0xFE or 0xE0 <= marker <= 0xEF:
        known = APPLICATIONS.get(marker, ENCODERS)
        return "" if known.fullmatch(body) else COMMENT
    return "" if marker in JPEG_SEGMENTS else BROKEN


def beside_jpeg2000(picture: Bytes) -> str:
    """The same for a codestream of JPEG 2000, HTJ2K too."""
    if bytes(picture[:2]) != b"\xff\x4f":
        return BROKEN
    at, tile_end = 2, 0
    while at + 2 <= len(picture) and picture[at] == 0xFF:
        marker = picture[at + 1]
        if marker == 0xD9:
            return behind(picture, at + 2)
        if marker == 0x93 and tile_end:
            at, tile_end = tile_end, 0
            continue
        after = at + 2 + _number(picture, at + 2)
        if marker == 0x90 and not tile_end:
            tile_end = _end_of_tile(picture, at)
        elif marker == 0x64 and not ENCODERS.fullmatch(bytes(picture[at + 6 : after])):
            return COMMENT
        elif marker != 0x64 and marker not in JPEG2000_SEGMENTS:
            return BROKEN
        if not at + 4 <= after <= (tile_end or len(picture)) <= len(picture):
            return BROKEN
        at = after
    return BROKEN


def _end_of_tile(picture: Bytes, at: int) -> int:
    """A tile part says its length, or ends at the end of the codestream."""
    length = int.from_bytes(picture[at + 6 : at + 10], "big")
    return at + length if length else bytes(picture).rfind(b"\xff\xd9")


def behind(data: Bytes, end: int) -> str:
    """What follows may only be zeros and FF, with which pictures are filled up."""
    for start in range(end, len(data), 1 << 20):
        part = bytes(data[start : start + (1 << 20)])
        if part.count(0) + part.count(0xFF) < len(part):
            return BEHIND
        if isinstance(data, memoryview) and isinstance(data.obj, mmap.mmap):
            data.obj.madvise(mmap.MADV_DONTNEED)  # gigabytes of zeros need not stay in memory
    return ""


def _number(data: Bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")
