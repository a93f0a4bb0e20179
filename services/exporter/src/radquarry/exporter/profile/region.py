"""Boxes in pictures of a device that are blanked unread: rows of the table of known devices, and of a profile."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from radquarry.exporter.dicom_bytes.dictionary import vr_of
from radquarry.exporter.dicom_bytes.elements import TEXT_VRS, Dataset, plain
from radquarry.exporter.profile.attribute_named import tag_named

Begin = Annotated[int, Field(ge=0)]
Extent = Annotated[int, Field(gt=0)]
MODALITY, MANUFACTURER, MODEL = 0x00080060, 0x00080070, 0x00081090
COMPARED_WHOLE = frozenset((b"UI", b"DS", b"IS"))
"""Of these a part means something else; Modality, too."""
COMPARED = COMPARED_WHOLE | TEXT_VRS | {b"CS"}


def _attributes(said: Mapping[str, str]) -> Mapping[str, str]:
    for name in said:
        if vr_of(tag_named(name)) not in COMPARED:
            raise ValueError(f"{name} is no text, number in letters or UID: a device cannot be told by it")
    return said


class Region(BaseModel):
    """Boxes, as (left, top, width, height), that are blanked in pictures of a device; what is not said fits all.

    Texts may be a part of what the file says, in any case; Modality, UIDs and numbers are whole values. `|` separates
    texts of which one suffices. `where` has further attributes by keyword, of the file's top level.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    manufacturer: str = ""
    model: str = ""
    modality: str = ""
    rows: Extent | None = None
    columns: Extent | None = None
    where: Annotated[Mapping[str, str], AfterValidator(_attributes)] = Field(default_factory=dict)
    blank: Annotated[tuple[tuple[Begin, Begin, Extent, Extent], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _inside(self) -> "Region":
        for left, top, width, height in self.blank:
            if self.columns is not None and left + width > self.columns:
                raise ValueError(f"a box ends at column {left + width} of a picture that has {self.columns}")
            if self.rows is not None and top + height > self.rows:
                raise ValueError(f"a box ends at row {top + height} of a picture that has {self.rows}")
        return self

    def fits(self, dataset: Dataset, rows: int, columns: int) -> bool:
        """Whether this picture is of such a device."""
        if self.rows not in (None, rows) or self.columns not in (None, columns):
            return False
        said = {MODALITY: self.modality, MANUFACTURER: self.manufacturer, MODEL: self.model}
        said |= {tag_named(name): text for name, text in self.where.items()}
        return all(_says(dataset, tag, text) for tag, text in said.items() if text)


def _says(dataset: Dataset, tag: int, text: str) -> bool:
    value, texts = plain(dataset, tag).casefold(), [each.strip() for each in text.casefold().split("|") if each.strip()]
    if tag == MODALITY or vr_of(tag) in COMPARED_WHOLE:
        return bool({each.strip() for each in value.split("\\")} & set(texts))
    return any(each in value for each in texts)
