"""What a cleaned file says of its cleaning: (0012,0062), (0012,0063), (0012,0064) and (0028,0303)."""

from radquarry.exporter.dicom_bytes.elements import Dataset, Element
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.standard.confidentiality import EDITION

CODES = {
    "clean_graphics": ("113103", "Clean Graphics Option"),
    "clean_structured_content": ("113104", "Clean Structured Content Option"),
    "clean_descriptors": ("113105", "Clean Descriptors Option"),
    "retain_full_dates": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "retain_modified_dates": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "retain_patient_characteristics": ("113108", "Retain Patient Characteristics Option"),
    "retain_device_identity": ("113109", "Retain Device Identity Option"),
    "retain_uids": ("113110", "Retain UIDs Option"),
    "retain_safe_private": ("113111", "Retain Safe Private Option"),
    "retain_institution_identity": ("113112", "Retain Institution Identity Option"),
}
"""PS3.16 CID 7050."""


def marks(profile: Profile) -> Dataset:
    """The four attributes. A profile that decides on single attributes is named, as it is no longer the basic one."""
    changed = profile.pseudonymise or profile.keep or profile.remove or profile.blank
    methods = ["radquarry 0.1.0", f"PS3.15 {EDITION} Basic Profile"]
    if changed:
        methods.append(f"changed by profile {profile.name}")
    codes = [("113100", "Basic Application Confidentiality Profile"), *(CODES[name] for name in profile.options)]
    times = {"retain_full_dates": b"UNMODIFIED", "retain_modified_dates": b"MODIFIED"}
    said = [times[name] for name in profile.options if name in times]
    return [
        Element(0x00120062, b"CS", b"YES"),
        Element(0x00120063, b"LO", "\\".join(methods).encode()),
        Element(0x00120064, b"SQ", items=[code_item(*each) for each in codes]),
        Element(0x00280303, b"CS", said[0] if said else b"REMOVED"),
    ]


CLEAN_PIXEL_DATA = ("113101", "Clean Pixel Data Option")


def with_clean_pixel_data(dataset: Dataset) -> Dataset:
    """The marks of a file whose pixels were read and cleaned."""
    method = 0x00120064
    return [
        Element(method, b"SQ", items=[*(element.items or []), code_item(*CLEAN_PIXEL_DATA)])
        if element.tag == method
        else element
        for element in dataset
    ]


def words_of(dataset: Dataset) -> frozenset[bytes]:
    """Every value in them, for the release check, which takes these words and no others."""
    words: set[bytes] = set()
    for element in dataset:
        words |= {bytes(element.value)} if element.items is None else set()
        words.update(*(words_of(item) for item in element.items or ()))
    return frozenset(words)


def code_item(value: str, meaning: str) -> Dataset:
    """An item of a code sequence."""
    return [
        Element(0x00080100, b"SH", value.encode()),
        Element(0x00080102, b"SH", b"DCM"),
        Element(0x00080104, b"LO", meaning.encode()),
    ]
