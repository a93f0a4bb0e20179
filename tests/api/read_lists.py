"""Lists as they are read or refused, and Excel files made for that."""

import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from radquarry.api.lists.reading import ReadList, read_list
from radquarry.api.problems import Problem

SHEET = "xl/worksheets/sheet1.xml"


def notes(read: ReadList) -> dict[str, Any]:
    """What is doubtful, by kind."""
    return {note.kind: dict(note.values) for note in read.notes}


def numbers(read: ReadList) -> list[str]:
    """The accession numbers, row by row."""
    return [row.accession_number for row in read.rows]


def refusal(content: bytes) -> str:
    """Why the list is not taken."""
    with pytest.raises(Problem) as refused:
        read_list(content)
    assert refused.value.status == 422
    return refused.value.detail


def workbook(*lines: list[Any], formats: dict[str, str] | None = None, more: int = 0) -> bytes:
    """An Excel file; `formats` of cells, and so many further sheets."""
    book, content = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    for place, number_format in (formats or {}).items():
        book.active[place].number_format = number_format
    for _ in range(more):
        book.create_sheet().append(["AccessionNumber"])
    book.save(content)
    return content.getvalue()


def repacked(content: bytes, change: dict[str, bytes | None]) -> bytes:
    """The same archive with other parts; a part that is None goes."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            if name not in change:
                packed.writestr(name, source.read(name))
        for name, part in change.items():
            if part is not None:
                packed.writestr(name, part)
    return target.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """One part of the archive that an Excel file is."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name)
