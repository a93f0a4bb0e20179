"""A list, in whatever form it comes, as rows to look up and a word on how it was understood."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from radquarry.api.crawl_order import MOST_CHARACTERS, MOST_ROWS
from radquarry.api.lists.columns import IDENTIFIERS, Meaning, headings
from radquarry.api.lists.tables import Note, Table, too_long
from radquarry.api.lists.text import read_text
from radquarry.api.lists.workbook import read_workbook
from radquarry.api.problems import invalid
from radquarry.dicom.uids import is_uid
from radquarry.messages import Row

XLSX, XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
DATES = tuple(
    map(
        re.compile,
        (
            r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})([T ].*)?",
            r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
            r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})",
            r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<y>\d{4})( .*)?",
        ),
    )
)
SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)
HELP = (
    "Headings that are understood: AccessionNumber, StudyInstanceUID, PatientID, StudyDate, Modality, and what they "
    "are called in English and German."
)


@dataclass(frozen=True)
class Column:
    """One column of the list; without `meaning` it is left out."""

    heading: str
    meaning: Meaning | None


@dataclass(frozen=True)
class ReadList:
    """How the list was understood; `has_headings`: its first line was not a row."""

    table: Table
    columns: tuple[Column, ...]
    has_headings: bool
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]


def read_list(content: bytes, single: Meaning | None = None) -> ReadList:
    """Of a file's bytes or a pasted text. `single` is what one column without a heading holds.

    Raises `Problem` that says what to mend. Runs for seconds where the list is long: not on the event loop.
    """
    if content.startswith(XLS):
        raise invalid("This Excel file is old (.xls) or encrypted: save it as .xlsx without a password, or as CSV.")
    table = read_workbook(content) if content.startswith(XLSX) else read_text(content)
    if not table.lines:
        raise invalid("The list is empty.")
    columns, has_headings = _columns(table.lines, single)
    lines = table.lines[has_headings:]
    if not lines:
        raise invalid("The list has headings and no rows.")
    if len(lines) > MOST_ROWS:
        raise too_long()
    reader = _Rows(columns)
    rows = tuple(reader.rows(lines))
    return ReadList(table, columns, has_headings, rows, (*table.notes, *_numbers(table, columns), *reader.notes(rows)))


def _columns(lines: Sequence[Sequence[str]], single: Meaning | None) -> tuple[tuple[Column, ...], bool]:
    found = headings(lines[0])
    if any(found):
        if not any(meaning in IDENTIFIERS for meaning in found):
            raise invalid(f"No column holds accession numbers, study UIDs or patient IDs. {HELP}")
        return tuple(Column(cell[:100], meaning) for cell, meaning in zip(lines[0], found, strict=True)), True
    if max(map(len, lines)) > 1:
        raise invalid(f"The first line holds no heading that is understood. {HELP}")
    return (Column("", single or _guessed(lines)),), False


def _guessed(lines: Sequence[Sequence[str]]) -> Meaning:
    """Of one column without a heading: what looks like UIDs are UIDs, everything else accession numbers."""
    uids = sum(is_uid(line[0]) and line[0].count(".") > 3 for line in lines)
    return "study_instance_uid" if uids * 2 > len(lines) else "accession_number"


def _numbers(table: Table, columns: Sequence[Column]) -> Iterator[Note]:
    for place, column in enumerate(columns):
        if column.meaning in {"accession_number", "patient_id"} and table.numeric.get(place):
            yield Note("numeric", {"n": table.numeric[place], "column": column.heading or "1"})


class _Rows:
    """Makes rows and counts what a person should know."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._places = {column.meaning: place for place, column in enumerate(columns) if column.meaning}
        self._counted: Counter[str] = Counter()

    def rows(self, lines: Sequence[Sequence[str]]) -> Iterator[Row]:
        for number, line in enumerate(lines, 1):
            values = {meaning: self._value(line, place) for meaning, place in self._places.items()}
            day = values.pop("study_date", "")
            if not any(values.get(name) for name in IDENTIFIERS):
                self._counted["no_identifier"] += 1
            values["modality"] = values.get("modality", "").upper()
            yield Row(number=number, study_date=self._day(day), **values)

    def notes(self, rows: Sequence[Row]) -> list[Note]:
        asked = Counter(tuple(getattr(row, name) for name in (*IDENTIFIERS, "study_date", "modality")) for row in rows)
        self._counted["repeated"] = sum(count - 1 for key, count in asked.items() if any(key[:3]))
        return [Note(kind, {"n": count}) for kind, count in self._counted.items() if count]

    def _value(self, line: Sequence[str], place: int) -> str:
        value = line[place] if place < len(line) else ""
        self._counted["scientific"] += SCIENTIFIC.fullmatch(value) is not None
        if len(value) > MOST_CHARACTERS:
            self._counted["over_long"] += 1
            return ""
        return value

    def _day(self, text: str) -> date | None:
        if not text:
            return None
        for form in DATES:
            if found := form.fullmatch(text):
                try:
                    return date(int(found["y"]), int(found["m"]), int(found["d"]))
                except ValueError:
                    break
        self._counted["unread_date"] += 1
        return None
