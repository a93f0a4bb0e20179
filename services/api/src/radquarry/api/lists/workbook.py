"""Lists as Excel workbooks (.xlsx). Formulas are never evaluated: what the workbook last showed is read."""

import io
import re
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from threading import Lock
from typing import Any

from defusedxml import ElementTree  # type: ignore[import-untyped]  # it brings no types
from openpyxl import load_workbook  # type: ignore[import-untyped]  # it brings no types
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]  # as above

from radquarry.api.crawl_order import MOST_ROWS
from radquarry.api.lists.tables import MOST_COLUMNS, Note, Table, too_long
from radquarry.api.problems import Problem, invalid

MOST_UNPACKED = 64 * 1024 * 1024
MOST_TEXTS = 16 * 1024 * 1024
"""Of the texts all cells share: they are held in memory."""
MOST_PARTS = 500
LAST_ROW = 1_048_576
"""Of a sheet (ECMA-376)."""
ZEROS = re.compile(r"0{2,32}")
SURE_DIGITS = 15
"""More digits of a number no spreadsheet keeps."""
BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ElementTree.ParseError, OSError, EOFError, ValueError,
    LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError,
)  # fmt: skip
"""What openpyxl raises for files that are none, or that were made to hurt."""
ONE_AT_A_TIME = Lock()


def read_workbook(content: bytes) -> Table:
    """Its first sheet that holds anything. Raises `Problem`."""
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and extensions that openpyxl does not know: not ours to mend
        try:
            _check_size(content)
            return _read(content)
        except Problem:
            raise
        except BROKEN:
            raise invalid("This Excel file cannot be read: save it again as .xlsx, or as CSV.") from None


def _check_size(content: bytes) -> None:
    """Before anything is unpacked; a part never gives more bytes than it announces."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    texts = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED or texts > MOST_TEXTS:
        raise invalid("This Excel file unpacks to too much: keep the columns with the numbers, or save it as CSV.")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise invalid("This is no Excel file (.xlsx): save the list as CSV or .xlsx.")


def _read(content: bytes) -> Table:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            read = _Sheet()
            lines = list(read.lines(sheet))
            if lines:
                others = [Note("one_sheet", {"sheet": str(sheet.title)[:100]})] if len(book.worksheets) > 1 else []
                about = {"sheet": str(sheet.title)[:100]}
                return Table(lines, "xlsx", about, read.numeric, (*others, *read.notes()))
    finally:
        book.close()
    return Table([], "xlsx")


class _Sheet:
    """Reads the cells of one sheet and counts what a person should know."""

    def __init__(self) -> None:
        self.numeric: Counter[int] = Counter()
        self._rounded = 0

    def notes(self) -> list[Note]:
        return [Note("rounded", {"n": self._rounded})] if self._rounded else []

    def lines(self, sheet: Any) -> Iterator[list[str]]:
        count = 0
        for cells in sheet.iter_rows(max_row=LAST_ROW, max_col=MOST_COLUMNS):
            line = [self._text(place, cell) for place, cell in enumerate(cells)]
            while line and not line[-1]:
                line.pop()
            if not line:
                continue
            count += 1
            if count > MOST_ROWS + 1:
                raise too_long()
            yield line

    def _text(self, place: int, cell: Any) -> str:
        match cell.value:
            case None:
                return ""
            case bool() as value:
                return str(value)
            case datetime() as value:
                return value.date().isoformat()
            case date() as value:
                return value.isoformat()
            case int() | float() as value:
                return self._number(place, value, str(cell.number_format or ""))
            case value:
                return str(value).strip()

    def _number(self, place: int, value: float, number_format: str) -> str:
        if not isinstance(value, int) and not value.is_integer():
            return repr(value)
        digits = str(int(value))
        self._rounded += len(digits.lstrip("-")) > SURE_DIGITS
        if ZEROS.fullmatch(number_format):
            return digits.zfill(len(number_format))
        self.numeric[place] += 1
        return digits
