"""JPEG of 12 bits (PS3.5 A.4.1, process 4), grey: a plugin for pydicom's decoders, which asks GDCM for it.

pydicom's own plugin for GDCM refuses 12 bits; GDCM decodes them like DCMTK, sample by sample.
"""

from importlib.util import find_spec
from typing import Any

from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.uid import JPEGExtended12Bit

DECODER_DEPENDENCIES = {JPEGExtended12Bit: ("gdcm>=3.0.10",)}
PLUGIN = "gdcm of 12 bits"
PRECISION = 12
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
TABLES = {0xC4, 0xDB}
"""Of Huffman codes and of quantisation."""
SEGMENTS = TABLES | {0xDD, 0xFE, *range(0xE0, 0xF0)}
"""And the restart interval, comments, and what applications write."""
SCAN, END = 0xDA, b"\xff\xd9"


def add_jpeg_of_12_bits() -> None:
    """To the decoders of this process; twice is once."""
    decoder = get_decoder(JPEGExtended12Bit)
    if PLUGIN not in decoder.available_plugins:
        decoder.add_plugin(PLUGIN, (__name__, "decode_frame"))


def is_available(uid: str) -> bool:
    """As pydicom asks a plugin."""
    return uid in DECODER_DEPENDENCIES and find_spec("gdcm") is not None


def decode_frame(src: bytes, runner: DecodeRunner) -> bytes:
    """The samples of one frame, 16 bits each, little endian. Raises `ValueError` for any other picture."""
    wanted = PRECISION, runner.rows, runner.columns, 1
    if _form(src) != wanted or (runner.bits_allocated, runner.samples_per_pixel) != (16, 1):
        raise ValueError("no grey JPEG of 12 bits, or one of another size than is said")
    if not src.rstrip(b"\0\xff").endswith(END):
        raise ValueError("the JPEG has no end")
    frame = _buffer(src, runner)
    if len(frame) != runner.rows * runner.columns * 2:
        raise ValueError("the JPEG cannot be decoded")
    return frame


def _form(src: bytes) -> tuple[int, int, int, int]:
    """Precision, rows, columns and components of the frame (ITU-T T.81 B.2.2); zeros where there is none.

    All up to the scan must be segments that belong there, with tables before it: GDCM ends the process otherwise.
    """
    at, form, met = 2, (0, 0, 0, 0), set()
    while at + 10 <= len(src) and src[at] == 0xFF and src[at + 1] in (*SEGMENTS, *FRAMES, 0xFF):
        if src[at + 1] in FRAMES:
            sides = int.from_bytes(src[at + 5 : at + 7]), int.from_bytes(src[at + 7 : at + 9])
            form = (src[at + 4], *sides, src[at + 9])
        met.add(src[at + 1])
        at += 1 if src[at + 1] == 0xFF else 2 + int.from_bytes(src[at + 2 : at + 4])
    is_whole = src[at : at + 2] == bytes((0xFF, SCAN)) and met >= TABLES
    return form if is_whole else (0, 0, 0, 0)


def _buffer(src: bytes, runner: DecodeRunner) -> bytes:
    import gdcm  # type: ignore[import-untyped]  # noqa: PLC0415 - not every part that reads DICOM decodes pixels

    image: Any = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((runner.columns, runner.rows, 1))
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(src)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.GetTSType(str(JPEGExtended12Bit))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, PRECISION, PRECISION - 1, runner.pixel_representation))
    samples: str | None = image.GetBuffer()  # a char* that came as text
    if samples is None:
        raise ValueError("the JPEG cannot be decoded")
    return samples.encode("utf-8", "surrogateescape")
