"""Given data out of a CSV: a row for each file, under a heading `file` and DICOM keywords."""

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from radquarry.errors import Permanent
from radquarry.exporter.conversion.given import Given, GivenRefused, checked
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.pseudonyms.mapping_file import as_it_was

FILE = "file"
MOST_BYTES = 64 << 20
MOST_FAULTS = 20


class TableRefused(Permanent):
    """The file is no such table; the text names lines and keywords, never values."""


@dataclass(frozen=True)
class PatientTable:
    """`path` is passed over among the inputs; rows are found by a file's path below what was given, or its name."""

    path: Path
    rows: dict[str, Given]

    def row_of(self, name: str, others: dict[str, int]) -> tuple[str, Given]:
        """The row's own name and data; `others` says how many files are called so. Raises `Refused`."""
        if name in self.rows:
            return name, self.rows[name]
        last = PurePosixPath(name).name
        if last not in self.rows:
            raise Refused("the table has no row for it")
        if others.get(last, 0) > 1:
            raise Refused("the table's row names several files; write the path into it")
        return last, self.rows[last]


def read_table(path: Path) -> PatientTable:
    """Raises `TableRefused`, with every fault that a person can mend."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TableRefused(f"{path}: is larger than {MOST_BYTES >> 20} MB")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return PatientTable(path, _rows(path, csv.reader(lines, strict=True)))
    except OSError as error:
        raise TableRefused(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise TableRefused(f"{path}: is no CSV in UTF-8") from None


def _rows(path: Path, reader: Any) -> dict[str, Given]:
    heading = [as_it_was(cell).strip() for cell in next(reader, [])]
    if FILE not in heading or len(set(heading)) < len(heading):
        raise TableRefused(f"{path}:1: the heading is {FILE} and DICOM keywords, each once")
    try:
        checked(dict.fromkeys((keyword for keyword in heading if keyword != FILE), ""))
    except GivenRefused as fault:
        raise TableRefused(f"{path}:1: {fault}") from None
    rows: dict[str, Given] = {}
    faults: list[str] = []
    for cells in reader:
        if not any(cells):
            continue
        wrong = _taken(dict(zip(heading, map(as_it_was, cells), strict=False)), len(cells) == len(heading), rows)
        faults += [f"{path}:{reader.line_num}: {wrong}"] if wrong else []
    if faults:
        raise TableRefused("\n".join(faults[:MOST_FAULTS]))
    return rows


def _taken(row: dict[str, str], is_whole: bool, rows: dict[str, Given]) -> str:  # noqa: FBT001 - beside the row
    if not is_whole:
        return "it has not as many cells as the heading"
    name = row.pop(FILE).strip().replace("\\", "/").removeprefix("./")
    if not name or name in rows:
        return "its file has no name, or a row before"
    try:
        rows[name] = checked(row)
    except GivenRefused as fault:
        return str(fault)
    return ""
