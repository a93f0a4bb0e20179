"""What became of each input, and the report of it."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from radquarry.errors import Permanent
from radquarry.exporter.pseudonyms.mapping_file import harmless

NAME = "conversion-report"
State = Literal["converted", "repeated", "passed over", "refused"]
COLUMNS = ("input", "name", "state", "path", "files", "reason", "notes")


class ReportNotWritten(Permanent):
    """The folder takes no report."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `input` counts from 1, `name` is its path below what was given.

    `path` is the first of `files` that were made of it, below the folder. `reason` says why it was refused or passed
    over, `notes` what was lost or taken for granted.
    """

    input: int
    name: str
    state: State
    path: str = ""
    files: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()


def write_report(folder: Path, outcomes: Sequence[Outcome], remarks: Sequence[str] = ()) -> None:
    """As JSON and as CSV; identified, as the files are that lie beside. Raises `ReportNotWritten`."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.input)
    counts = Counter(outcome.state for outcome in ordered)
    content = {
        "counts": {"files": len(ordered), **{state.replace(" ", "_"): counts[state] for state in get_args(State)}},
        "remarks": list(remarks),
        "inputs": [asdict(outcome) for outcome in ordered],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace(folder / f"{NAME}.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        replace(folder / f"{NAME}.csv", _table(ordered))
    except OSError as error:
        raise ReportNotWritten(f"{folder}: the report cannot be written: {error.strerror}") from None


def _table(outcomes: Sequence[Outcome]) -> str:
    rows = ({**asdict(outcome), "notes": "; ".join(outcome.notes)} for outcome in outcomes)
    return table_text(COLUMNS, ([str(row[column]) for column in COLUMNS] for row in rows))


def table_text(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV (RFC 4180) of whose cells none is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def replace(file: Path, text: str) -> None:
    """Write it beside and rename it. Raises `OSError`."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        beside.write_text(text, encoding="utf-8", newline="", errors="backslashreplace")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
