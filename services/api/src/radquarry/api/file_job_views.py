"""What the work on files at hand looks like to people."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from radquarry.api import bulk
from radquarry.api.file_job_orders import JobKind
from radquarry.messages import FilesState

SETTLED: tuple[FilesState, ...] = ("complete", "incomplete", "failed", "cancelled")
MOST_OF_A_REPORT = 32 * 1024**2
MOST_REFUSED = 500


@dataclass(frozen=True)
class FileJobView:
    """Where the work on uploaded files stands; `total` is None until they were looked through.

    `about` is what was ordered; `names` are those of the files, in the order in which they came.
    """

    id: UUID
    kind: JobKind
    state: FilesState
    requested_by: str
    requested_at: datetime
    files: int
    bytes: int
    total: int | None
    done: int
    refused: int
    problem: str
    about: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    is_removed: bool = False

    @property
    def is_settled(self) -> bool:
        """Nothing more comes."""
        return self.state in SETTLED

    @property
    def has_result(self) -> bool:
        """Whether there is something to take away."""
        return self.state in {"complete", "incomplete"} and not self.is_removed

    @property
    def passed_over(self) -> int:
        """Files that are not what the work is about: no DICOM, or a DICOMDIR."""
        return max(0, (self.total or 0) - self.done - self.refused) if self.has_result else 0

    @property
    def progress(self) -> float:
        """0 to 1, by files."""
        if self.is_settled:
            return 1.0
        return min(0.99, (self.done + self.refused) / self.total) if self.total else 0.0


@dataclass(frozen=True)
class RefusedFile:
    """A file that was held back or could not be converted."""

    name: str
    reason: str


def view_of(row: bulk.Found) -> FileJobView:
    """From a row of `api_file_jobs`."""
    state: FilesState = "failed" if row.blocked else row.state
    is_removed = row.removed_at is not None
    return FileJobView(
        id=row.job_id,
        kind=row.kind,
        state="cancelled" if is_removed and state not in SETTLED else state,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        files=row.files,
        bytes=row.bytes,
        total=row.total,
        done=row.done,
        refused=row.refused,
        problem=row.blocked or row.problem,
        about=json.loads(row.about),
        names=tuple(json.loads(row.names)),
        is_removed=is_removed,
    )


def refused_in(report: Path, names: tuple[str, ...]) -> tuple[RefusedFile, ...]:
    """What the report of a job holds back or refuses; nothing where it cannot be read.

    Reports name inputs by number (`input`), as names may say who somebody is: here they go back to who brought them.
    """
    try:
        if report.stat().st_size > MOST_OF_A_REPORT:
            return ()
        content = json.loads(report.read_bytes())
    except (OSError, ValueError):
        return ()
    if not isinstance(content, dict):
        return ()
    listed = [each for key in ("held_back", "refused") for each in _list(content.get(key)) if isinstance(each, dict)]
    return tuple(RefusedFile(_name(each, names), str(each.get("reason") or "")) for each in listed[:MOST_REFUSED])


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(entry: Mapping[str, Any], names: tuple[str, ...]) -> str:
    number = entry.get("input")
    if isinstance(number, int) and 0 < number <= len(names):
        return names[number - 1]
    told = entry.get("name") or entry.get("file") or number or ""
    return str(told).rpartition("/")[2]
