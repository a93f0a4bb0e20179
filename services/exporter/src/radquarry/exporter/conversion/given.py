"""Patient, study and series data that a user gives for the files to come, by DICOM keyword (PS3.3 C.7.1 to C.7.5)."""

import re
from collections.abc import Mapping

from pydicom import config
from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword
from pydicom.valuerep import validate_value

from radquarry.dicom.uids import is_uid
from radquarry.errors import Permanent

PATIENT = (
    "PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientBirthTime", "PatientSex",
    "OtherPatientNames", "EthnicGroup", "PatientComments",
)  # fmt: skip
STUDY = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "StudyID", "AccessionNumber",
    "ReferringPhysicianName", "NameOfPhysiciansReadingStudy", "PatientAge", "PatientSize", "PatientWeight",
    "Occupation", "AdditionalPatientHistory", "AdmittingDiagnosesDescription",
)  # fmt: skip
SERIES = (
    "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDate", "SeriesTime", "SeriesDescription", "ProtocolName",
    "BodyPartExamined", "Laterality", "PatientPosition", "PerformingPhysicianName", "OperatorsName", "Manufacturer",
    "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions", "InstitutionName", "InstitutionAddress",
    "InstitutionalDepartmentName", "StationName",
)  # fmt: skip
IMAGE = (
    "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime", "PatientOrientation", "ImageComments",
    "BurnedInAnnotation", "RecognizableVisualFeatures", "QualityControlImage",
)  # fmt: skip
ALLOWED = (*PATIENT, *STUDY, *SERIES, *IMAGE)
LONGEST = 1024
CODES = {
    "PatientSex": ("M", "F", "O", ""),
    "Laterality": ("L", "R", ""),
    "BurnedInAnnotation": ("YES", "NO"),
    "RecognizableVisualFeatures": ("YES", "NO"),
    "QualityControlImage": ("YES", "NO", "BOTH"),
}
"""Enumerated values (PS3.3)."""
UPPER = ("Modality", "BodyPartExamined", "PatientPosition", "PatientOrientation")

Given = Mapping[str, str]


class GivenRefused(Permanent):
    """A keyword or a value that cannot be given; the text names keywords, never values."""


def checked(pairs: Mapping[str, str]) -> Given:
    """As it may stand in a file: known keywords, values of their representation. Raises `GivenRefused`."""
    given: dict[str, str] = {}
    for keyword, text in pairs.items():
        if keyword not in ALLOWED:
            known = "is no DICOM keyword" if tag_for_keyword(keyword) is None else "cannot be given"
            raise GivenRefused(f"{keyword!r} {known}; what can: {', '.join(ALLOWED)}")
        if value := _value(keyword, text.strip()):
            given[keyword] = value
    return given


def _value(keyword: str, text: str) -> str:
    if keyword in CODES or keyword in UPPER:
        text = text.upper()
    vr = dictionary_VR(keyword)
    if vr == "DA":
        text = re.sub(r"^(\d{4})-(\d\d)-(\d\d)$", r"\1\2\3", text)
    elif vr == "TM":
        text = text.replace(":", "")
    if fault := _fault(keyword, vr, text):
        raise GivenRefused(f"{keyword}: {fault}")
    return text


def _fault(keyword: str, vr: str, text: str) -> str:
    if len(text) > LONGEST or any(not sign.isprintable() for sign in text):
        return f"the value is longer than {LONGEST} characters, or holds what cannot be printed"
    if keyword in CODES and text not in CODES[keyword]:
        return f"is one of {', '.join(filter(None, CODES[keyword]))}"
    if vr == "UI" and text and not is_uid(text):
        return "the value is no UID"
    parts = text.split("\\")
    if len(parts) > 1 and dictionary_VM(keyword) == "1":
        return "the value holds a backslash"
    try:
        for part in parts:
            validate_value(vr, part, config.RAISE)
    except ValueError:
        return f"the value is none that its representation ({vr}) can hold"
    return ""
