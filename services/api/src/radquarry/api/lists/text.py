"""Lists as text: CSV with any of comma, semicolon and tab, or one value a line."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from radquarry.api.crawl_order import MOST_ROWS
from radquarry.api.lists.columns import headings
from radquarry.api.lists.tables import MOST_COLUMNS, Table, too_long, too_wide
from radquarry.api.problems import invalid

DELIMITERS = ("\t", ";", ",")
SAMPLE_LINES = 50
ALIKE = 0.5
"""Of the lines: so many must be cut into the same number of cells."""
KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
"""How spreadsheets are told to keep leading zeros: `="00123"`."""


def read_text(content: bytes) -> Table:
    """Raises `Problem` where it is no text, too long or too wide."""
    text, encoding = _decoded(content)
    if "\0" in text:
        raise invalid("This is no text and no Excel file (.xlsx): save the list as CSV or .xlsx.")
    delimiter = _delimiter(text)
    lines: list[list[str]] = []
    for line in _lines(text, delimiter):
        if len(line) > MOST_COLUMNS and lines:
            raise too_wide()
        lines.append(line)
        if len(lines) > MOST_ROWS + 1:
            raise too_long()
    if len(lines) == 1 and not any(headings(lines[0])):
        lines = [[value] for value in lines[0] if value]  # a paste of many in one line
    return Table(lines, "csv", {"encoding": encoding, "delimiter": delimiter})


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace"), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    """Without empty lines; without a delimiter each line is one value."""
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or "\t", skipinitialspace=True):
            line = [_plain(cell) for cell in cells]
            while line and not line[-1]:
                line.pop()
            if line:
                yield line
    except csv.Error:
        raise invalid("A line cannot be read: perhaps a quotation mark has no partner.") from None


def _plain(cell: str) -> str:
    stripped = cell.strip().strip("\ufeff")
    kept = KEPT_AS_TEXT.fullmatch(stripped)
    return kept[1].strip() if kept else stripped


def _delimiter(text: str) -> str:
    """The one that makes headings of the first line, else cuts most lines alike; empty where none does."""
    best, best_rank = "", (False, 0.0)
    for delimiter in DELIMITERS:
        lines = list(islice(_lines(text, delimiter), SAMPLE_LINES))
        widths = Counter(map(len, lines))
        cut = {width: count for width, count in widths.items() if width > 1}
        share = max(cut.values(), default=0) / max(1, len(lines))
        is_headed = bool(lines) and len(lines[0]) > 1 and any(headings(lines[0]))
        if (share >= ALIKE or is_headed) and (is_headed, share) > best_rank:
            best, best_rank = delimiter, (is_headed, share)
    return best
