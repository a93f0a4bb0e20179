"""A volume of NIfTI as a series of single images with its exact geometry: MR (PS3.3 A.4), CT (A.3), else SC (A.8).

An instance is a slice at a time: first all slices of the first time (Temporal Position Identifier), then the next.
Colours are SC, whatever the modality.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, MRImageStorage, SecondaryCaptureImageStorage
from pydicom.valuerep import format_number_as_ds

from radquarry.exporter.conversion.geometry import Planes, planes_of
from radquarry.exporter.conversion.given import Given
from radquarry.exporter.conversion.identity import SeriesIdentity
from radquarry.exporter.conversion.instances import file_bytes, instance
from radquarry.exporter.conversion.nifti_file import Volumes
from radquarry.exporter.conversion.secondary_capture import WORKSTATION
from radquarry.exporter.conversion.stored_values import Stored, stored

CLASSES = {"MR": MRImageStorage, "CT": CTImageStorage}


@dataclass(frozen=True)
class Stack:
    """All that its slices share; made, and refused where it cannot be exact, before the first is written."""

    volumes: Volumes
    planes: Planes
    values: Stored
    identity: SeriesIdentity
    given: Given

    @property
    def notes(self) -> tuple[str, ...]:
        """What precision is lost, and what was taken for granted."""
        return (*self.volumes.notes, *filter(None, (self.values.note,)))

    def instances(self, digest: str) -> Iterator[tuple[str, bytes]]:
        """SOP Instance UID and file of each slice."""
        times = self.volumes.raw.shape[3]
        for time in range(times):
            slices = self.planes.as_written(self.values.voxels[:, :, :, time])
            for place, pixels in enumerate(slices):
                number = time * len(slices) + place
                uid = self.identity.instance(digest, str(number))
                dataset = self._dataset(uid, time, place)
                dataset.InstanceNumber = str(number + 1)
                data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
                dataset.PixelData = data + b"\0" * (len(data) & 1)
                dataset["PixelData"].VR = "OB" if self.values.is_colour else "OW"
                yield uid, file_bytes(dataset)

    def _dataset(self, uid: str, time: int, place: int) -> Dataset:
        modality = self.given.get("Modality", "OT")
        given = {"BurnedInAnnotation": "NO", "PatientPosition": "", **self.given, "Modality": modality}
        own_class = None if self.values.is_colour else CLASSES.get(modality)
        dataset = instance(own_class or SecondaryCaptureImageStorage, uid, self.identity, given)
        dataset.DerivationDescription = "Converted from NIfTI"
        self._place(dataset, place)
        self._describe(dataset)
        _of_class(dataset)
        times = self.volumes.raw.shape[3]
        dataset.AcquisitionNumber = str(time + 1)
        if times > 1:
            dataset.TemporalPositionIdentifier, dataset.NumberOfTemporalPositions = str(time + 1), str(times)
            if self.volumes.repetition_time:
                dataset.TemporalResolution = format_number_as_ds(self.volumes.repetition_time)
                dataset.RepetitionTime = dataset.TemporalResolution
        return dataset

    def _place(self, dataset: Dataset, place: int) -> None:
        """Frame of Reference, Image Plane (C.7.4.1, C.7.6.2)."""
        planes = self.planes
        dataset.FrameOfReferenceUID = self.identity.frame_of_reference()
        dataset.PositionReferenceIndicator = ""
        dataset.ImageOrientationPatient = list(planes.image_orientation)
        dataset.ImagePositionPatient = list(planes.positions[place])
        dataset.PixelSpacing = [planes.rows_apart, planes.columns_apart]
        dataset.SliceThickness = dataset.SpacingBetweenSlices = planes.slices_apart

    def _describe(self, dataset: Dataset) -> None:
        """Image Pixel, Modality LUT, VOI LUT (C.7.6.3, C.11.1, C.11.2)."""
        voxels = self.values.voxels
        dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = voxels.shape[1], voxels.shape[0], 1
        if self.values.is_colour:
            dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
            dataset.PhotometricInterpretation = "RGB"
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
            return
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit = 15
        dataset.PixelRepresentation = 1 if voxels.dtype.kind == "i" else 0
        low, high = self.values.values()
        dataset.WindowCenter = format_number_as_ds((low + high) / 2)
        dataset.WindowWidth = format_number_as_ds(max(high - low, 1.0))
        if self.values.is_rescaled or dataset.Modality == "CT":
            dataset.RescaleSlope, dataset.RescaleIntercept = self.values.slope, self.values.intercept
            dataset.RescaleType = "HU" if dataset.Modality == "CT" else "US"


def _of_class(dataset: Dataset) -> None:
    """What a class demands; a NIfTI file does not say how it was made."""
    if dataset.SOPClassUID == MRImageStorage:
        dataset.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
        dataset.ScanningSequence, dataset.SequenceVariant, dataset.ScanOptions = "RM", "NONE", ""
        dataset.MRAcquisitionType = dataset.EchoTime = dataset.EchoTrainLength = ""
        dataset.RepetitionTime = ""
    elif dataset.SOPClassUID == CTImageStorage:
        dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        dataset.KVP = ""
    else:
        dataset.ImageType = ["DERIVED", "SECONDARY"]
        dataset.ConversionType = WORKSTATION
        dataset.PatientOrientation = dataset.get("PatientOrientation", "")


def stack_of(volumes: Volumes, identity: SeriesIdentity, given: Given) -> Stack:
    """Raises `Refused`."""
    planes = planes_of(volumes.affine, volumes.raw.shape[:3])
    return Stack(volumes, planes, stored(volumes.raw, volumes.slope, volumes.intercept), identity, given)
