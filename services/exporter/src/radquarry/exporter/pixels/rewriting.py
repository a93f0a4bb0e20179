"""A data set with other samples: uncompressed, and the attributes say what they are (PS3.3 section C.7.6.3)."""

from radquarry.exporter.cleaning.marks import with_clean_pixel_data
from radquarry.exporter.dicom_bytes.elements import BIG, DEFLATED, EXPLICIT, IMPLICIT, Bytes, Element
from radquarry.exporter.dicom_bytes.part10 import DicomFile
from radquarry.exporter.pixels.decoding import Samples

PIXELS = 0x7FE00010
TABLES = frozenset((0x7FE00001, 0x7FE00002, 0x7FE00003))
"""Where compressed frames begin, and how long they are."""
NATIVE = (IMPLICIT, EXPLICIT, BIG, DEFLATED)


def rewritten(file: DicomFile, samples: Samples, data: Bytes) -> DicomFile:
    """The file with `data`, the samples' bytes in its byte order; a compressed one becomes Explicit VR Little Endian.

    That it was once compressed with a loss stays said.
    """
    syntax = file.transfer_syntax_uid if file.transfer_syntax_uid in NATIVE else EXPLICIT
    order = "big" if syntax == BIG else "little"
    colour = samples.frames.ndim == 4
    said = [
        Element(0x00280002, b"US", (3 if colour else 1).to_bytes(2, order)),
        Element(0x00280004, b"CS", samples.photometric.encode()),
        Element(0x00280100, b"US", samples.bits_allocated.to_bytes(2, order)),
        Element(0x00280301, b"CS", b"NO"),
        Element(PIXELS, b"OB" if samples.bits_allocated == 8 else b"OW", data),
    ]
    if colour:
        said.append(Element(0x00280006, b"US", (0).to_bytes(2, order)))
    changed = {element.tag for element in said} | TABLES
    kept = [element for element in file.dataset if element.tag not in changed]
    return DicomFile(syntax, [*with_clean_pixel_data(kept), *said])
