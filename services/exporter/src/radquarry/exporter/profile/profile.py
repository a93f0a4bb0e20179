"""What may stay and what must go, as the user says it; everything not said is as PS3.15's basic profile has it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from radquarry.exporter.dicom_bytes.dictionary import vr_of
from radquarry.exporter.dicom_bytes.elements import TEXT_VRS
from radquarry.exporter.profile.attribute_named import tag_named
from radquarry.exporter.profile.region import Region

Option = Literal[
    "clean_descriptors",
    "clean_graphics",
    "clean_structured_content",
    "retain_uids",
    "retain_device_identity",
    "retain_institution_identity",
    "retain_patient_characteristics",
    "retain_full_dates",
    "retain_modified_dates",
    "retain_safe_private",
]
PATIENT_NAME, PATIENT_ID, ACCESSION_NUMBER = 0x00100010, 0x00100020, 0x00080050
IDENTITY = frozenset(
    (PATIENT_NAME, PATIENT_ID, ACCESSION_NUMBER, 0x00101000, 0x00101001, 0x00101002, 0x00101005, 0x00101060)
)
"""What the release check looks for: keeping it would hold back every file."""
PLACE = frozenset((0x0020000D, 0x0020000E, 0x00080018))
"""Where a file lies in the delivery: without them files would take each other's place."""
OURS = frozenset((0x00120062, 0x00120063, 0x00120064, 0x00280303))
FIXED = frozenset((0x00080005, 0x00080016, 0x7FE00010, 0x7FE00008, 0x7FE00009)) | OURS
"""Without these a file is none, or the engine sets them."""
PSEUDONYM_VRS = TEXT_VRS | {b"UI", b"DA", b"DT"}


def _tags(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        tag = tag_named(name)
        if tag in FIXED or tag >> 16 in (0, 2) or tag & 0xFFFF == 0:
            raise ValueError(f"{name} is not the profile's to decide")
    return names


def _short(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,30}", name):
        raise ValueError("a profile's name has at most 31 letters, digits, spaces, points and hyphens")
    return name


def _short_text(text: str) -> str:
    if not text.strip() or len(text) > 16 or not text.isprintable():
        raise ValueError("a text that may stay in pixels has at most 16 characters; # stands for a number")
    return text


Short = Annotated[str, AfterValidator(_short_text)]
Names = Annotated[tuple[str, ...], AfterValidator(_tags)]


class Profile(BaseModel):
    """A profile; without anything, the basic profile with dates moved and intervals kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, AfterValidator(_short)] = "basic"
    options: tuple[Option, ...] = ("retain_modified_dates",)
    pseudonymise: Names = ()
    keep: Names = ()
    remove: Names = ()
    blank: Names = ()
    pixels: Literal["checked", "cleaned", "cleaned-all", "unchecked"] = "checked"
    texts_that_stay: tuple[Short, ...] = ()
    regions: tuple[Region, ...] = ()

    @model_validator(mode="after")
    def _agree(self) -> "Profile":
        if {"retain_full_dates", "retain_modified_dates"} <= set(self.options):
            raise ValueError("options: retain_full_dates and retain_modified_dates exclude each other")
        seen: dict[int, str] = {}
        for entry in ("pseudonymise", "keep", "remove", "blank"):
            for name in getattr(self, entry):
                if seen.setdefault(tag_named(name), entry) != entry:
                    raise ValueError(f"{name} stands in {seen[tag_named(name)]} and in {entry}")
        if identity := [name for name in self.keep if tag_named(name) in IDENTITY]:
            raise ValueError(f"keep: {identity[0]} says who the patient is")
        if place := [name for name in (*self.remove, *self.blank) if tag_named(name) in PLACE]:
            raise ValueError(f"{place[0]} says where a file lies in the delivery: it may be replaced or kept alone")
        for name in self.pseudonymise:
            if vr_of(tag_named(name)) not in PSEUDONYM_VRS:
                raise ValueError(f"pseudonymise: {name} is no text, UID or date")
        return self

    def tags(self, entry: Literal["pseudonymise", "keep", "remove", "blank"]) -> frozenset[int]:
        """The tags of one of its lists."""
        return frozenset(tag_named(name) for name in getattr(self, entry))
