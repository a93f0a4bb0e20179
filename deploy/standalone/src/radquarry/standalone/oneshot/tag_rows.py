"""A table of tags out of a folder of DICOM files: a line for each instance, series, study or patient."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from radquarry.standalone.foreign.tag_table import Column
from radquarry.standalone.oneshot.headers import read_header
from radquarry.standalone.oneshot.sorting import SUFFIX
from radquarry.standalone.oneshot.tag_values import Cells, cells_of, top_level_keywords

Level = Literal["PATIENT", "STUDY", "SERIES", "IMAGE"]
UNIQUE: dict[Level, str] = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}
PATH = "dicom_path"
"""The last column of a table with a line for each instance, as pacsanini has it."""


@dataclass
class TagTable:
    """Lines in the order of the files' names.

    `unreadable`: files that are to be DICOM and cannot be read; `others`: how many files are none; `failed`: how many
    values of a column a converter could not read, and why.
    """

    fields: tuple[str, ...]
    rows: list[dict[str, object]] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)
    others: int = 0
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def words(self) -> Iterator[str]:
        """What is not as it should be, a line each, without values."""
        for file in self.unreadable:
            yield f"cannot be read as DICOM: {file.name}"
        for (column, reason), count in sorted(self.failed.items()):
            yield f"column {column}: {count} values not converted: {reason}"


def table_of(folder: Path, columns: Sequence[Column], level: Level) -> TagTable:
    """Above the image level, a line has of each column the first value that there is; blocks."""
    names = tuple(dict.fromkeys(column.name for column in columns))
    last = {column.name: column for column in columns}
    table = TagTable((*names, PATH) if level == "IMAGE" and PATH not in names else names)
    gathered: dict[str, Cells] = {}
    for file in files_in(folder):
        found = _cells(file, list(last.values()), level)
        if found is None:
            _note_unreadable(table, file)
            continue
        unique, cells = found
        table.failed.update(cells.failed.items())
        if level == "IMAGE":
            table.rows.append({PATH: str(file), **cells.values})
        else:
            _merge(gathered.setdefault(unique, cells), cells)
    table.rows += [cells.values for cells in gathered.values()]
    return table


def files_in(folder: Path) -> Iterator[Path]:
    """Every file below, hidden ones and those of a move under way left out."""
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(above) / name for name in sorted(files) if not name.startswith("."))


def _cells(file: Path, columns: Sequence[Column], level: Level) -> tuple[str, Cells] | None:
    dataset = read_header(file, [*top_level_keywords(columns), UNIQUE[level]])
    if dataset is None:
        return None
    unique = str(dataset.get(UNIQUE[level]) or "").strip()
    return unique or str(file), cells_of(dataset, columns)


def _note_unreadable(table: TagTable, file: Path) -> None:
    if file.suffix.lower() == SUFFIX:
        table.unreadable.append(file)
    else:
        table.others += 1


def _merge(into: Cells, cells: Cells) -> None:
    for name in cells.found - into.found:
        into.values[name] = cells.values[name]
        into.found.add(name)
