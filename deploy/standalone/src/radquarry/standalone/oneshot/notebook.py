"""What a find has of its days so far, in a file beside its table: an interrupted find goes on from there.

The notebook belongs to one question (PACS, days, modality, columns): with another question, or when it is a day old,
it begins anew. A day that was not over when it was asked for is asked for again. It holds patients' data and is
readable by its owner only.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from radquarry.errors import Permanent

KEPT_SECONDS = 24 * 3600.0
FORM = 1

TABLES = """
CREATE TABLE IF NOT EXISTS question (form INTEGER, question TEXT);
CREATE TABLE IF NOT EXISTS days (day TEXT PRIMARY KEY, noted TEXT, studies INTEGER, problems TEXT);
CREATE TABLE IF NOT EXISTS entries (name TEXT PRIMARY KEY, place TEXT, cells TEXT);
"""


class NotebookInUse(Permanent):
    """Another find writes the same table now."""


class NotebookAway(Permanent):
    """The folder of the table cannot be written."""


@dataclass(frozen=True)
class Entry:
    """One line of the table. Of entries with one `name` the one whose `place` comes first stays."""

    name: str
    place: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """Why something of a day, or of the days to `until`, may be missing; `begin` and `end` are times of the day."""

    day: date
    reason: str
    begin: str = "00:00:00"
    end: str = "23:59:59"
    until: date | None = None

    def __str__(self) -> str:
        """For people."""
        if self.until and self.until != self.day:
            return f"{self.day} to {self.until}: {self.reason}"
        is_whole = (self.begin, self.end) == ("00:00:00", "23:59:59")
        return f"{self.day}: {self.reason}" if is_whole else f"{self.day} {self.begin} to {self.end}: {self.reason}"


class Notebook:
    """Use within `with`; raises `NotebookInUse`, `NotebookAway`."""

    def __init__(self, table: Path, question: Sequence[str]) -> None:
        self.file = table.with_name(f"{table.name}.unfinished")
        self._question = json.dumps([FORM, *question])
        self._store: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        """Open it, begun anew where it is not of our question."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            is_old = self.file.exists() and time.time() - self.file.stat().st_mtime > KEPT_SECONDS
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise NotebookAway(f"{self.file.parent} cannot be written: {error.strerror}") from None
        self._store = self._opened(is_old=is_old)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it; it stays for the next time."""
        self._at.close()

    def _opened(self, *, is_old: bool) -> sqlite3.Connection:
        try:
            return self._begun(sqlite3.connect(self.file, timeout=0, isolation_level=None), is_old=is_old)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise NotebookInUse(f"another find writes {self.file.name.removesuffix('.unfinished')} now") from None
            raise NotebookAway(f"{self.file} cannot be written: {error}") from None
        except sqlite3.DatabaseError:
            self.file.write_bytes(b"")
            return self._begun(sqlite3.connect(self.file, timeout=0, isolation_level=None), is_old=True)

    def _begun(self, store: sqlite3.Connection, *, is_old: bool) -> sqlite3.Connection:
        store.execute("PRAGMA locking_mode = EXCLUSIVE")
        store.execute("BEGIN EXCLUSIVE")
        for statement in TABLES.split(";"):
            store.execute(statement)
        if is_old or store.execute("SELECT form, question FROM question").fetchall() != [(FORM, self._question)]:
            for table in ("question", "days", "entries"):
                store.execute(f"DELETE FROM {table}")  # noqa: S608 - our own three names
            store.execute("INSERT INTO question VALUES (?, ?)", (FORM, self._question))
        store.execute("COMMIT")
        return store

    @property
    def _at(self) -> sqlite3.Connection:
        assert self._store is not None, "use it within `with`"  # noqa: S101 - a fault of ours
        return self._store

    def whole_days(self) -> set[date]:
        """Days that need not be asked for again."""
        rows = self._at.execute("SELECT day FROM days WHERE problems = '[]' AND day < substr(noted, 1, 10)")
        return {date.fromisoformat(day) for (day,) in rows}

    def note(self, day: date, entries: Iterable[Entry], problems: Sequence[Problem]) -> int:
        """Keep what a day gave, durably; how many of its entries are new."""
        lines = [(entry.name, entry.place, json.dumps(entry.cells)) for entry in entries]
        told = json.dumps([[problem.reason, problem.begin, problem.end] for problem in problems])
        before = self.count()
        self._at.execute("BEGIN")
        self._at.executemany(
            "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET place = excluded.place, "
            "cells = excluded.cells WHERE excluded.place <= entries.place",
            lines,
        )
        row = (day.isoformat(), datetime.now(UTC).isoformat(), len(lines), told)
        self._at.execute("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?)", row)
        self._at.execute("COMMIT")
        return self.count() - before

    def entries(self) -> Iterator[tuple[str, ...]]:
        """The lines of the table in their order."""
        for (cells,) in self._at.execute("SELECT cells FROM entries ORDER BY place, name"):
            yield tuple(json.loads(cells))

    def count(self) -> int:
        """How many lines there are."""
        return int(self._at.execute("SELECT count(*) FROM entries").fetchone()[0])

    def problems(self) -> list[Problem]:
        """Of the days that were asked for, in their order."""
        rows = self._at.execute("SELECT day, problems FROM days ORDER BY day")
        return [
            Problem(date.fromisoformat(day), reason, begin, end)
            for day, told in rows
            for reason, begin, end in json.loads(told)
        ]

    def forget(self) -> None:
        """Remove it: the table is there, and whole."""
        self._at.close()
        for name in (self.file, self.file.with_name(f"{self.file.name}-journal")):
            with suppress(FileNotFoundError):
                name.unlink()
