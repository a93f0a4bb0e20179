"""Boxes in pictures of a device that a profile wants blanked unread."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from radquarry.exporter.dicom_bytes.elements import Dataset, plain

Side = Annotated[int, Field(ge=0)]


class Region(BaseModel):
    """Boxes, as (left, top, width, height), that are blanked in pictures of a device; what is not said fits all."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    manufacturer: str = ""
    model: str = ""
    modality: str = ""
    rows: int | None = None
    columns: int | None = None
    blank: Annotated[tuple[tuple[Side, Side, Side, Side], ...], Field(min_length=1)]

    def fits(self, dataset: Dataset, rows: int, columns: int) -> bool:
        """Whether this picture is of such a device; texts may be a part of what the file says, in any case."""
        said = {0x00080070: self.manufacturer, 0x00081090: self.model, 0x00080060: self.modality}
        if not all(text.casefold() in plain(dataset, tag).casefold() for tag, text in said.items()):
            return False
        return self.rows in (None, rows) and self.columns in (None, columns)
