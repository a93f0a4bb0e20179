"""What all converted instances have: patient, study, series, equipment (PS3.3 C.7, C.12), and their bytes as a file."""

from io import BytesIO

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from radquarry.exporter.conversion.body_parts import UNPAIRED
from radquarry.exporter.conversion.given import Given
from radquarry.exporter.conversion.identity import SeriesIdentity
from radquarry.exporter.dicom_bytes.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

EMPTY = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "Manufacturer",
)  # fmt: skip
"""Type 2: there, with a value or without."""
UTF_8 = "ISO_IR 192"


def instance(sop_class_uid: str, sop_instance_uid: str, identity: SeriesIdentity, given: Given) -> Dataset:
    """A data set without an image. What is given goes before what is usual."""
    dataset = Dataset()
    if not all(value.isascii() for value in given.values()):
        dataset.SpecificCharacterSet = UTF_8
    for keyword in EMPTY:
        setattr(dataset, keyword, "")
    dataset.SOPClassUID = sop_class_uid
    dataset.SOPInstanceUID = sop_instance_uid
    dataset.SeriesNumber = str(identity.series_number)
    dataset.InstanceNumber = "1"
    dataset.Modality = "OT"
    if given.get("BodyPartExamined") not in UNPAIRED:
        dataset.Laterality = ""
    for keyword, value in given.items():
        setattr(dataset, keyword, value)
    dataset.StudyInstanceUID = identity.study_instance_uid
    dataset.SeriesInstanceUID = identity.series_instance_uid
    return dataset


def file_bytes(dataset: Dataset, transfer_syntax_uid: str = ExplicitVRLittleEndian) -> bytes:
    """A DICOM file (PS3.10), the same bytes for the same data set."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    dataset.file_meta = meta
    output = BytesIO()
    dcmwrite(output, dataset, enforce_file_format=True)
    return output.getvalue()
