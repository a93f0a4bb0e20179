"""Pictures as Secondary Capture (PS3.3 A.8): one page a single image, pages of one form a multi-frame image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from radquarry.exporter.conversion.given import Given
from radquarry.exporter.conversion.identity import SeriesIdentity
from radquarry.exporter.conversion.instances import file_bytes, instance
from radquarry.exporter.conversion.jpeg_stream import JpegStream
from radquarry.exporter.conversion.raster import Picture, Pixels

WORKSTATION = "WSD"
PAGE_NUMBER_VECTOR = 0x00182001


@dataclass(frozen=True)
class Origin:
    """One file's place in its series. `numbers`: the Instance Number of its first instance."""

    identity: SeriesIdentity
    given: Given
    parts: tuple[str, ...]
    number: int
    packed: int
    """Bytes of the file, for the ratio of a compression with loss."""


def captures(picture: Picture, stream: JpegStream | None, origin: Origin) -> Iterator[tuple[str, bytes]]:
    """SOP Instance UID and file of each instance. Pages that differ in form are instances of their own."""
    if stream is not None:
        dataset = _dataset(SecondaryCaptureImageStorage, origin, 0)
        _describe(dataset, (stream.rows, stream.columns, stream.samples), 8)
        dataset.PhotometricInterpretation = stream.photometric_interpretation
        _say_lossy(dataset, stream.rows * stream.columns * stream.samples, len(stream.data))
        dataset.PixelData = encapsulate([stream.data])
        yield dataset.SOPInstanceUID, file_bytes(dataset, JPEGBaseline8Bit)
        return
    pages = [page.pixels for page in picture.pages]
    groups = [pages] if len({(page.shape, page.dtype) for page in pages}) == 1 else [[page] for page in pages]
    for number, frames in enumerate(groups):
        dataset = _image(frames, origin, number)
        if picture.is_lossy:
            _say_lossy(dataset, sum(page.nbytes for page in pages), origin.packed)
        yield dataset.SOPInstanceUID, file_bytes(dataset, ExplicitVRLittleEndian)


def _image(frames: Sequence[Pixels], origin: Origin, number: int) -> Dataset:
    first = frames[0]
    samples = 3 if first.ndim == 3 else 1
    bits = first.dtype.itemsize * 8
    dataset = _dataset(_class(len(frames), samples, bits), origin, number)
    _describe(dataset, (first.shape[0], first.shape[1], samples), bits)
    if len(frames) > 1:
        _say_frames(dataset, len(frames))
    if bits == 16:
        low, high = (int(end(frame.min() if end is min else frame.max() for frame in frames)) for end in (min, max))
        dataset.WindowCenter, dataset.WindowWidth = str((low + high + 1) / 2), str(max(high - low + 1, 1))
    data = b"".join(frame.astype(f"<u{bits // 8}").tobytes() for frame in frames)
    dataset.PixelData = data + b"\0" * (len(data) & 1)
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    return dataset


def _class(frames: int, samples: int, bits: int) -> str:
    if frames == 1:
        return SecondaryCaptureImageStorage
    if samples == 3:
        return MultiFrameTrueColorSecondaryCaptureImageStorage
    if bits == 16:
        return MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    return MultiFrameGrayscaleByteSecondaryCaptureImageStorage


def _dataset(sop_class_uid: str, origin: Origin, number: int) -> Dataset:
    """Text may be in the pixels as long as nobody says otherwise."""
    given = {"BurnedInAnnotation": "YES", "PatientOrientation": "", **origin.given}
    uid = origin.identity.instance(*origin.parts, str(number))
    dataset = instance(sop_class_uid, uid, origin.identity, given)
    dataset.InstanceNumber = str(origin.number + number)
    dataset.ConversionType = WORKSTATION
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    return dataset


def _describe(dataset: Dataset, form: tuple[int, int, int], bits: int) -> None:
    """Image Pixel (C.7.6.3)."""
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = form
    dataset.PhotometricInterpretation = "RGB" if dataset.SamplesPerPixel == 3 else "MONOCHROME2"
    if dataset.SamplesPerPixel == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = 0


def _say_frames(dataset: Dataset, frames: int) -> None:
    """Multi-frame, and SC Multi-frame Image (C.8.6.3)."""
    dataset.NumberOfFrames = str(frames)
    dataset.FrameIncrementPointer = PAGE_NUMBER_VECTOR
    dataset.PageNumberVector = [str(page) for page in range(1, frames + 1)]
    if dataset.SamplesPerPixel == 1:
        dataset.PresentationLUTShape = "IDENTITY"
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"


def _say_lossy(dataset: Dataset, plain: int, packed: int) -> None:
    """PS3.3 C.7.6.1.1.5."""
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = f"{max(plain / packed, 1):.2f}"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"


def is_whole(picture: Picture, stream: JpegStream) -> bool:
    """Whether the compressed data are of the picture that was decoded from them."""
    shape: tuple[int, ...] = (stream.rows, stream.columns) + ((3,) if stream.samples == 3 else ())
    return picture.pages[0].pixels.shape == shape and picture.pages[0].pixels.dtype == np.uint8
