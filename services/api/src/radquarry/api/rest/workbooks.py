"""Tables as Excel workbooks (.xlsx, ECMA-376), of whose text nothing becomes a formula.

They are written to files row by row, so that memory stays the same for any number of rows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import date, datetime
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any

from openpyxl import Workbook  # type: ignore[import-untyped]  # it brings no types
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]  # as above

from radquarry.api.rest.tables import FORMULA, ROWS_AT_ONCE, text_of

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_OF_SHEET = 1_048_576
MOST_CHARACTERS = 32_767
"""Of a cell."""
MOST_EXACT = 10**15
"""Beyond it a spreadsheet rounds a number."""
FIRST_YEAR = 1901
"""Before it a spreadsheet knows no dates, or wrong ones."""
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Text like `_x000D_` means a character (ST_Xstring)."""
CHUNK = 64 * 1024


async def write_workbook(
    columns: Iterable[str], rows: AsyncIterator[Iterable[object]], rows_of_sheet: int = ROWS_OF_SHEET
) -> IO[bytes]:
    """A file without a name, at its beginning; rows beyond those of one sheet go on in the next."""
    book = _Book(tuple(columns), rows_of_sheet)
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        gathered: list[Iterable[object]] = []
        async for row in rows:
            gathered.append(row)
            if len(gathered) == ROWS_AT_ONCE:
                await asyncio.to_thread(book.add, gathered)
                gathered = []
        await asyncio.to_thread(book.add, gathered)
    except BaseException:
        file.close()
        await asyncio.to_thread(book.discard)
        raise
    await asyncio.to_thread(book.save, file)
    return file


async def chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file from where it stands; closed afterwards."""
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


class _Book:
    """A workbook that grows; a cancelled request may still write a portion while it is given up."""

    def __init__(self, columns: Sequence[str], rows_of_sheet: int) -> None:
        self._book = Workbook(write_only=True)
        self._columns = columns
        self._rows_of_sheet = rows_of_sheet
        self._lock = Lock()
        self._begin()

    def add(self, rows: Iterable[Iterable[object]]) -> None:
        """One line each."""
        with self._lock:
            for row in rows:
                if self._lines == self._rows_of_sheet:
                    self._begin()
                self._append(row)

    def save(self, file: IO[bytes]) -> None:
        """Into the file, from its beginning."""
        with self._lock:
            self._book.save(file)
        file.seek(0)

    def discard(self) -> None:
        """openpyxl removes the files of its sheets when they are saved, and not before."""
        with TemporaryFile() as nowhere:
            self.save(nowhere)

    def _begin(self) -> None:
        self._sheet = self._book.create_sheet()
        self._sheet.freeze_panes = "A2"
        self._lines = 0
        self._append(self._columns)

    def _append(self, row: Iterable[object]) -> None:
        self._sheet.append(self._cells(row))
        self._lines += 1

    def _cells(self, row: Iterable[object]) -> Iterator[Any]:
        for value in row:
            match value:
                case None | bool():
                    yield value
                case int() | float() if abs(value) < MOST_EXACT:
                    yield value
                case date() if not isinstance(value, datetime) and value.year >= FIRST_YEAR:
                    yield value
                case _:
                    yield self._text(text_of(value))

    def _text(self, text: str) -> Any:
        cell = WriteOnlyCell(self._sheet)
        cell.value = ESCAPE.sub("_x005F_", NO_XML.sub("\ufffd", text))[:MOST_CHARACTERS]
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(FORMULA)  # or it would become a formula when a person edits the cell
        return cell
