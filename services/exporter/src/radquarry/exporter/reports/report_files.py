"""Files of reports: a text named by its study, accession number or patient, and tables with a report in each row.

Tables are CSV or JSON Lines as radquarry's own search exports them: `report` beside `study_instance_uid`,
`accession_number` or `patient_id`, and what else is known of the patient.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from radquarry.exporter.pseudonyms.mapping_file import as_it_was, harmless

Form = Literal["text", "csv", "jsonl"]
KEYS = ("study_instance_uid", "accession_number", "patient_id")
REPORT = "report"
COLUMNS = ("patient_id", "study_instance_uid", "accession_number", "study_date", REPORT)
"""Of a cleaned table: whatever else the rows hold stays here."""
LARGEST = 1 << 30
"""Bytes of a file."""
LONGEST_CELL = 1 << 26
"""Characters."""


class NoReports(Exception):  # noqa: N818 - what the file is
    """It holds none that can be told whose they are."""


@dataclass(frozen=True)
class ReportRow:
    """One report, and what its row says: keys, patient_name, patient_birth_date, study_date, names of others."""

    text: str = field(repr=False)
    said: Mapping[str, str] = field(repr=False)


def form_of(path: Path) -> Form | None:
    """By its name; None for what is no file of reports."""
    forms: dict[str, Form] = {".txt": "text", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    form = forms.get(path.suffix.lower())
    return form if form is None or form == "text" or _has_reports(path, form) else None


def _has_reports(path: Path, form: Form) -> bool:
    try:
        with path.open("rb") as file:
            first = file.readline(1 << 20).decode("utf-8-sig")
        columns = next(csv.reader([first])) if form == "csv" else json.loads(first)
    except (OSError, ValueError, csv.Error, StopIteration, RecursionError):
        return False
    return isinstance(columns, list | dict) and REPORT in columns and any(key in columns for key in KEYS)


def rows_of(path: Path, form: Form) -> Iterator[ReportRow]:
    """The reports in a file, in its order. Raises `NoReports`."""
    try:
        if path.stat().st_size > LARGEST:
            raise NoReports("it is too large")
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as fault:
        raise NoReports(f"it cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise NoReports("it is no UTF-8") from None
    if form == "text":
        yield ReportRow(text, {"name": path.stem})
        return
    try:
        yield from _csv_rows(text) if form == "csv" else _json_rows(text)
    except (ValueError, csv.Error):
        raise NoReports("it is no table that can be read to its end") from None


def _csv_rows(text: str) -> Iterator[ReportRow]:
    with _long_cells():
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    for row in rows:
        if None in row or None in row.values():
            raise ValueError("a row has more or fewer cells than the heading")
        said = {name: as_it_was(cell) for name, cell in row.items()}
        yield ReportRow(said.pop(REPORT), said)


@contextmanager
def _long_cells() -> Iterator[None]:
    """The library has one limit for a whole process, and others rely on its own."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _json_rows(text: str) -> Iterator[ReportRow]:
    for line in text.split("\n"):
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("a line is no object")  # noqa: TRY004 - it is the file that is wrong
        report = row.pop(REPORT, None)
        text_of_it = report.get("text", "") if isinstance(report, dict) else report
        yield ReportRow(str(text_of_it or ""), {name: _as_text(value) for name, value in row.items()})


def _as_text(value: Any) -> str:
    return "" if value is None else "\\".join(map(str, value)) if isinstance(value, list) else str(value)


def written(rows: list[dict[str, str]], form: Form) -> str:
    """A cleaned file of the same form."""
    if form == "text":
        return "".join(row[REPORT] for row in rows)
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    writer.writerows([harmless(row[name]) for name in COLUMNS] for row in rows)
    return table.getvalue()
