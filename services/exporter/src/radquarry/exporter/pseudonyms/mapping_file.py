"""The mapping as CSV (`kind,original,pseudonym`): read when one is given, written only when it is asked for.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, which reading takes away again.
"""

import csv
import os
import re
from collections.abc import Iterable
from pathlib import Path

from radquarry.errors import Permanent
from radquarry.exporter.pseudonyms.keyed import Given

HEADING = ["kind", "original", "pseudonym"]
PATIENT_ID, ACCESSION_NUMBER, DATE_SHIFT_DAYS = "patient_id", "accession_number", "date_shift_days"
UIDS = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""It becomes a folder's name and a cell."""
LONGEST = {PATIENT_ID: 64, ACCESSION_NUMBER: 16}
MOST_DAYS = 36525
PADDING = " \0"
"""What is taken away around an original in a file too, and nothing else: other white space is part of an id."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")

Row = tuple[str, str, str]


class MappingRefused(Permanent):
    """The file is no mapping; the text names lines, never patients."""


def harmless(cell: str) -> str:
    """The cell as text for a spreadsheet."""
    return "'" + cell if cell.lstrip("' ").startswith(FORMULA) or cell.startswith(FORMULA) else cell


def as_it_was(cell: str) -> str:
    """The other way round."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell


def read_mapping(file: Path) -> Given:
    """Rows of patient ids, accession numbers and days; those of UIDs are made by the key alone and are passed over.

    Raises `MappingRefused`.
    """
    found: dict[str, dict[str, str]] = {PATIENT_ID: {}, ACCESSION_NUMBER: {}, DATE_SHIFT_DAYS: {}}
    faults: list[str] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            if next(rows, None) != HEADING:
                raise MappingRefused(f"{file}:1: the heading is {','.join(HEADING)}")
            for row in rows:
                faults += [f"{file}:{rows.line_num}: {fault}" for fault in _taken(row, found)]
    except OSError as error:
        raise MappingRefused(f"{file}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise MappingRefused(f"{file}: is no CSV in UTF-8") from None
    for kind in (PATIENT_ID, ACCESSION_NUMBER):
        if len(set(found[kind].values())) < len(found[kind]):
            faults.append(f"{file}: two of {kind} have the same pseudonym")
    if faults:
        raise MappingRefused("\n".join(faults[:20]))
    days = {patient: int(text) for patient, text in found[DATE_SHIFT_DAYS].items()}
    return Given(found[PATIENT_ID], found[ACCESSION_NUMBER], days)


def _taken(row: list[str], found: dict[str, dict[str, str]]) -> Iterable[str]:
    if len(row) != 3:
        yield f"{len(row)} cells, not 3"
        return
    kind, original, pseudonym = row[0], as_it_was(row[1]).strip(PADDING), as_it_was(row[2]).strip(PADDING)
    if kind in UIDS:
        return
    if kind not in found:
        yield f"kind is {', '.join(found)}"
    elif not original:
        yield "an original is empty"
    elif found[kind].setdefault(original, pseudonym) != pseudonym:
        yield "an original stands twice with different pseudonyms"
    elif kind == DATE_SHIFT_DAYS:
        if not re.fullmatch(r"-?\d{1,5}", pseudonym) or not 0 < abs(int(pseudonym)) <= MOST_DAYS:
            yield f"a shift is a number of days other than 0, at most {MOST_DAYS} either way"
    elif not PSEUDONYM.fullmatch(pseudonym) or len(pseudonym) > LONGEST[kind]:
        yield f"a pseudonym has at most {LONGEST[kind]} letters, digits, points, hyphens and underscores"


def write_mapping(file: Path, rows: Iterable[Row]) -> None:
    """Write it anew, readable for its owner alone, whole or not at all. Raises `MappingRefused`."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        beside.unlink(missing_ok=True)  # of one who was killed; a container's process has the same number again
        beside.touch(mode=0o600, exist_ok=False)
        with beside.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(HEADING)
            writer.writerows([harmless(cell) for cell in row] for row in sorted(set(rows)))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise MappingRefused(f"{file} cannot be written: {error.strerror}") from None
