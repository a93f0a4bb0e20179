"""A plain baseline JPEG as it may lie in a DICOM file: its own compressed data, nothing else of the file.

ITU-T T.81 annex B; PS3.5 8.2.1 and A.4.1. Comments and all segments of applications stay behind, but for Adobe's word
on how colours are written.
"""

from dataclasses import dataclass

from radquarry.exporter.codestreams import beside_jpeg

BASELINE = 0xC0
OTHER_FRAMES = frozenset(range(0xC1, 0xD0)) - {0xC4, 0xC8, 0xCC}
SCAN, END, ADOBE = 0xDA, 0xD9, 0xEE


@dataclass(frozen=True)
class JpegStream:
    """`photometric_interpretation` is MONOCHROME2, YBR_FULL_422 (for any subsampling) or RGB, as PS3.5 8.2.1 allows."""

    data: bytes
    rows: int
    columns: int
    photometric_interpretation: str

    @property
    def samples(self) -> int:
        """Of a pixel."""
        return 1 if self.photometric_interpretation == "MONOCHROME2" else 3


def plain_stream(view: memoryview) -> JpegStream | None:
    """None for everything but a baseline frame of 8 bits, whole to its end, whose colours DICOM has a word for."""
    data = bytes(view)
    kept, at, frame, transform = [data[:2]], 2, b"", None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, after = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker in OTHER_FRAMES or marker in (0xFF, END) or 0xD0 <= marker <= 0xD7:
            return None
        body = data[at + 4 : after]
        if marker == SCAN:
            return _whole(b"".join(kept) + data[at : data.rfind(b"\xff\xd9") + 2], frame, transform)
        frame = body if marker == BASELINE else frame
        if marker == ADOBE and body.startswith(b"Adobe\0") and len(body) == 12:
            transform = body[11]
            kept.append(data[at:after])
        elif marker != 0xFE and not 0xE0 <= marker <= 0xEF:
            kept.append(data[at:after])
        at = after
    return None


def _whole(data: bytes, frame: bytes, transform: int | None) -> JpegStream | None:
    if beside_jpeg(data) or len(frame) < 6 or frame[0] != 8 or len(frame) != 6 + 3 * frame[5]:
        return None
    rows, columns, colours = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5]), frame[5]
    if colours not in (1, 3) or not rows or not columns:
        return None
    padded = data + b"\0" * (len(data) & 1)
    interpretation = _interpretation(frame, transform)
    return JpegStream(padded, rows, columns, interpretation) if interpretation else None


def _interpretation(frame: bytes, transform: int | None) -> str:
    """Empty for colours that are transformed and not subsampled: there is no word for them."""
    if frame[5] == 1:
        return "MONOCHROME2"
    components = [frame[6 + 3 * number : 9 + 3 * number] for number in range(3)]
    if transform == 0 or (transform is None and bytes(each[0] for each in components) == b"RGB"):
        return "RGB"
    return "" if len({each[1] for each in components}) == 1 else "YBR_FULL_422"
