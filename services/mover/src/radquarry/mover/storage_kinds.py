"""What a C-GET offers to take: the SOP classes of the study, each in every encoding that images come in."""

from collections.abc import Sequence

from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    MPEG2MPML,
    MPEG4HP41,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from radquarry.dicom.association import Offer

MOST_CONTEXTS = 126
"""An association has 128; one is for the C-GET itself."""
PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
COMPRESSED = (
    JPEGLosslessSV1,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    JPEG2000,
    JPEGLSLossless,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLSNearLossless,
    HTJ2KLossless,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    MPEG4HP41,
    MPEG2MPML,
    HTJ2KLosslessRPCL,
    HTJ2K,
)
"""The usual ones first: many SOP classes leave room for few."""

USUAL = tuple(
    f"1.2.840.10008.5.1.4.1.1.{number}"
    for number in (
        "2", "2.1", "4", "4.1", "1", "1.1", "1.2", "1.3", "6.1", "3.1", "7", "12.1", "12.2", "20", "128", "130",
        "88.11", "88.22", "88.33", "88.67", "88.59", "11.1", "104.1", "66", "66.4", "481.1", "481.2", "481.3", "481.5",
        "13.1.3", "77.1.4", "77.1.1",
    )
)  # fmt: skip
"""CT, MR, CR, DX, MG, US, NM, XA, RF, PT, SR, … (PS3.4 B.5), for a PACS that does not say what its images are."""


def offers(sop_classes: Sequence[str]) -> list[Offer]:
    """A context for uncompressed objects of each class, then one for each compression, as long as there is room."""
    classes = (list(dict.fromkeys(sop_classes)) or list(USUAL))[:MOST_CONTEXTS]
    found: list[Offer] = [(sop_class, PLAIN) for sop_class in classes]
    found += [(sop_class, (syntax,)) for syntax in COMPRESSED for sop_class in classes]
    return found[:MOST_CONTEXTS]
