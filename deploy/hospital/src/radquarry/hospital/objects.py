"""DICOM objects: a phantom in the information object its modality asks for (PS3.3 Annex A)."""

from collections.abc import Callable

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    PYDICOM_IMPLEMENTATION_UID,
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
    NuclearMedicineImageStorage,
    UltrasoundImageStorage,
    XRayAngiographicImageStorage,
)

from radquarry.hospital.phantoms import Grid, phantom
from radquarry.hospital.studies import Record

SOP_CLASSES: dict[str, str] = {
    "CR": ComputedRadiographyImageStorage,
    "CT": CTImageStorage,
    "DX": DigitalXRayImageStorageForPresentation,
    "MG": DigitalMammographyXRayImageStorageForPresentation,
    "MR": MRImageStorage,
    "NM": NuclearMedicineImageStorage,
    "US": UltrasoundImageStorage,
    "XA": XRayAngiographicImageStorage,
}
_NOT_IN_OBJECTS = {
    "ModalitiesInStudy",
    "SOPClassesInStudy",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
    "NumberOfSeriesRelatedInstances",
    "Rows",
    "Columns",
}


def image_object(record: Record, count: int) -> Dataset:
    """One image with its file meta information; `record` holds all its attributes, `count` images make the series."""
    modality, place = str(record["Modality"]), int(str(record["InstanceNumber"]))
    image = FileDataset("", {}, preamble=b"\0" * 128, file_meta=_file_meta(record))
    image.set_original_encoding(is_implicit_vr=False, is_little_endian=True, character_encoding="latin_1")
    image.SpecificCharacterSet = "ISO_IR 100"
    for keyword, value in record.items():
        if keyword not in _NOT_IN_OBJECTS:
            setattr(image, keyword, value)
    image.ContentDate = image.AcquisitionDate = record["SeriesDate"]
    image.ContentTime = image.AcquisitionTime = record["SeriesTime"]
    image.FrameOfReferenceUID = f"{record['StudyInstanceUID']}.0"
    image.PatientOrientation = ["L", "P"]
    image.ImageType = ["ORIGINAL", "PRIMARY"]
    image.BurnedInAnnotation = "NO"
    depth = (place - 0.5) / count
    grid = phantom(
        str(record["SOPInstanceUID"]), modality, str(record["BodyPartExamined"]), int(str(record["Rows"])), depth
    )
    _MODALITIES[modality](image, grid, place)
    return image


def _file_meta(record: Record) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(str(record["SOPClassUID"]))
    meta.MediaStorageSOPInstanceUID = UID(str(record["SOPInstanceUID"]))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    return meta


def _pixels(image: Dataset, grid: Grid, bits: int, interpretation: str = "MONOCHROME2") -> None:
    """Store brightness 0 … 1 as unsigned integers of `bits` bits."""
    allocated = 8 if bits <= 8 else 16
    values = np.round(grid * (2**bits - 1)).astype("<u1" if allocated == 8 else "<u2")
    image.Rows, image.Columns = grid.shape[-2:]
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = interpretation
    image.BitsAllocated, image.BitsStored, image.HighBit = allocated, bits, bits - 1
    image.PixelRepresentation = 0
    data = values.tobytes()
    image.PixelData = data + b"\0" * (len(data) % 2)


def _spacing(image: Dataset, millimetres: float) -> list[float]:
    step = round(millimetres / int(image["Rows"].value), 5)
    return [step, step]


def _radiograph(image: Dataset, grid: Grid, place: int) -> None:
    _pixels(image, grid, 12)
    image.PixelSpacing = image.ImagerPixelSpacing = _spacing(image, 400)
    image.ViewPosition = "PA" if place == 1 else "LL"
    image.KVP = 110
    image.WindowCenter, image.WindowWidth = 2048, 4096
    if image.Modality != "CR":
        image.PresentationIntentType = "FOR PRESENTATION"
        image.PresentationLUTShape = "IDENTITY"
        image.PixelIntensityRelationship = "LIN"
        image.RescaleIntercept, image.RescaleSlope, image.RescaleType = 0, 1, "US"
        image.LossyImageCompression = "00"


def _mammogram(image: Dataset, grid: Grid, place: int) -> None:
    side, view = str(image.SeriesDescription).split("-")
    _radiograph(image, grid[:, ::-1] if side == "L" else grid, place)
    image.ImageLaterality, image.ViewPosition = side, view
    image.Laterality = ""
    image.KVP = 29
    image.OrganExposed = "BREAST"


def _slice(image: Dataset, place: int, thickness: float) -> None:
    image.PixelSpacing = _spacing(image, 380)
    image.SliceThickness = image.SpacingBetweenSlices = thickness
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.ImagePositionPatient = [-190, -190, round(-place * thickness, 2)]
    image.SliceLocation = round(-place * thickness, 2)
    image.PositionReferenceIndicator = ""


def _ct(image: Dataset, grid: Grid, place: int) -> None:
    _pixels(image, grid * 0.5, 12)
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = -1024, 1, "HU"
    image.WindowCenter, image.WindowWidth = 40, 400
    image.KVP = 120
    image.PatientPosition = "HFS"
    _slice(image, place, 5.0)


def _mr(image: Dataset, grid: Grid, place: int) -> None:
    _pixels(image, grid, 12)
    image.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    image.ScanningSequence, image.SequenceVariant, image.ScanOptions = "SE", "SK", ""
    image.MRAcquisitionType = "2D"
    image.MagneticFieldStrength = 3
    image.RepetitionTime, image.EchoTime, image.EchoTrainLength = 4000, 90, 1
    image.PatientPosition = "HFS"
    _slice(image, place, 4.0)


def _ultrasound(image: Dataset, grid: Grid, place: int) -> None:
    del place
    _pixels(image, grid, 8)


def _nuclear(image: Dataset, grid: Grid, place: int) -> None:
    del place
    _pixels(image, np.stack([grid * 0.6, grid[:, ::-1] * 0.5]), 16)
    image.ImageType = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    image.NumberOfFrames = 2
    image.FrameIncrementPointer = [0x00540010, 0x00540020]
    image.EnergyWindowVector, image.DetectorVector = [1, 1], [1, 2]
    image.NumberOfEnergyWindows, image.NumberOfDetectors = 1, 2


def _angiogram(image: Dataset, grid: Grid, place: int) -> None:
    del place
    frames = np.stack([np.clip(grid * (1 - 0.08 * frame), 0, 1) for frame in range(4)])
    _pixels(image, frames, 8)
    image.ImageType = ["ORIGINAL", "PRIMARY", "SINGLE PLANE"]
    image.NumberOfFrames = 4
    image.FrameIncrementPointer = 0x00181063
    image.FrameTime = 66.7
    image.KVP = 80
    image.PixelIntensityRelationship = "LIN"


_MODALITIES: dict[str, Callable[[Dataset, Grid, int], None]] = {
    "CR": _radiograph,
    "CT": _ct,
    "DX": _radiograph,
    "MG": _mammogram,
    "MR": _mr,
    "NM": _nuclear,
    "US": _ultrasound,
    "XA": _angiogram,
}
