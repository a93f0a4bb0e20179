"""What a DICOM file has at the places a table of tags names: as text first, then through the column's converter."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.multival import MultiValue

from radquarry.standalone.foreign.tag_paths import TagPath
from radquarry.standalone.foreign.tag_table import Column
from radquarry.standalone.oneshot.headers import UNREADABLE

FILE_META_GROUP = 0x0002


@dataclass
class Cells:
    """One line: column name → value, None where there is neither a value nor a default.

    `found`: the columns whose value the file has; `failed`: those whose value its converter cannot read, and why.
    """

    values: dict[str, object] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)


def cells_of(dataset: Dataset, columns: Sequence[Column]) -> Cells:
    """Of one file. A value that a converter cannot read leaves the column's default, and is told."""
    cells = Cells()
    for column in columns:
        text = next((text for path in column.tag_name if (text := text_at(dataset, path)) is not None), None)
        cells.values[column.name] = column.default_val
        if text is None:
            continue
        try:
            cells.values[column.name] = column.converter(text) if column.converter else text
        except (ValueError, OverflowError) as fault:
            cells.failed[column.name] = str(fault) if isinstance(fault, ValueError) else "is out of range"
            continue
        cells.found.add(column.name)
    return cells


def text_at(dataset: Dataset, path: TagPath) -> str | None:
    """The text of a value, several joined by a backslash; None where there is none, or it cannot be read."""
    tag = tag_for_keyword(path.keyword) or 0
    try:
        inside = getattr(dataset, "file_meta", None) if tag >> 16 == FILE_META_GROUP else dataset
        for step in path.steps:
            inside = inside[step.keyword].value[step.item] if inside is not None else None
        element = inside[tag] if inside is not None else None
        return _text(element.value) if element is not None else None
    except UNREADABLE:
        return None


def top_level_keywords(columns: Sequence[Column]) -> list[str]:
    """What of a file has to be read for these columns."""
    paths = [path for column in columns for path in column.tag_name]
    return list(dict.fromkeys(path.steps[0].keyword if path.steps else path.keyword for path in paths))


def _text(value: object) -> str | None:
    values = value if isinstance(value, MultiValue | list | tuple) else [value]
    return "\\".join(_one(one) for one in values) or None


def _one(value: object) -> str:
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else str(value).rstrip(" \0")
