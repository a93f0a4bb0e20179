"""Tables that stream: CSV (RFC 4180) whose cells no spreadsheet runs as a formula."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime, time

ROWS_AT_ONCE = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def as_csv(columns: Iterable[str], rows: AsyncIterator[Iterable[object]]) -> AsyncIterator[bytes]:
    """UTF-8 with a byte order mark, so that spreadsheets read it right; in portions of some hundred rows."""
    yield b"\xef\xbb\xbf" + _line(columns).encode()
    async for portion in portions(_line(map(cell, row)) async for row in rows):
        yield portion


async def portions(lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """Lines in portions: one write for some hundred."""
    gathered: list[str] = []
    async for line in lines:
        gathered.append(line)
        if len(gathered) == ROWS_AT_ONCE:
            yield "".join(gathered).encode()
            gathered.clear()
    if gathered:
        yield "".join(gathered).encode()


def cell(value: object) -> str:
    """A value as text; an apostrophe before what would be a formula."""
    text = text_of(value)
    return text if isinstance(value, int | float) or not text.startswith(FORMULA) else f"'{text}"


def text_of(value: object) -> str:
    """A value as tables write it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case date() | datetime() | time():
            return value.isoformat()
        case tuple() | list():
            return "\\".join(map(str, value))  # the DICOM way to hold several values in one
        case _:
            return str(value)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
