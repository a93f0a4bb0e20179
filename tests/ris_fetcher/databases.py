"""Databases of a RIS for tests: a SQLite file or a database of the real PostgreSQL, with the same tables."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from radquarry.configuration.ris import SqlRis as Section
from radquarry.ris_fetcher.sql import SqlRis
from tests.contracts.states import empty_state_url

KINDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.servers))

EXAMINATIONS = "accession_number, study_date, modality, patient_id, study_instance_uid, procedure"
REPORTS = "accession_number, text, report_id, issued, status, performer, language, patient_id, content_type, scan"
LIST = """
SELECT accession_number, study_date, modality, patient_id, study_instance_uid, procedure FROM examinations
WHERE study_date BETWEEN :start_date AND :end_date AND procedure LIKE :procedure ORDER BY accession_number;
"""
REPORT = """
SELECT text, report_id, issued, status, performer, language, patient_id, content_type
FROM reports WHERE accession_number = :accession_number
"""
TABLES = """
CREATE TABLE examinations (accession_number TEXT, study_date DATE, modality TEXT, patient_id TEXT,
                           study_instance_uid TEXT, procedure TEXT);
CREATE TABLE reports (accession_number TEXT, text TEXT, report_id TEXT, issued TIMESTAMP, status TEXT, performer TEXT,
                      language TEXT, patient_id TEXT, content_type TEXT, scan BYTEA)
"""
ZURICH = ZoneInfo("Europe/Zurich")


@dataclass(frozen=True)
class Rooms:
    """Where the database is, and a way to fill it."""

    kind: str
    url: str

    async def run(self, *statements: str, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Statements without rows, or one statement for many rows."""
        driver = {"sqlite": "sqlite+aiosqlite", "postgres": "postgresql+asyncpg"}[self.kind]
        engine = create_async_engine(f"{driver}://{self.url.partition('://')[2]}")
        try:
            async with engine.begin() as connection:
                for statement in statements:
                    await connection.execute(text(statement), list(rows) or None)
        finally:
            await engine.dispose()

    async def examined(self, *rows: Mapping[str, Any]) -> None:
        """Rows of `examinations`."""
        usual = dict.fromkeys(EXAMINATIONS.split(", "))
        await self._insert("examinations", [usual | dict(row) for row in rows])

    async def reported(self, *rows: Mapping[str, Any]) -> None:
        """Rows of `reports`."""
        usual = dict.fromkeys(REPORTS.split(", "))
        await self._insert("reports", [usual | dict(row) for row in rows])

    async def _insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        names = list(rows[0])
        values = ", ".join(f":{name}" for name in names)
        await self.run(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})", rows=rows)  # noqa: S608

    def section(self, **keys: Any) -> Section:
        """Its configuration."""
        usual = {"url": self.url, "accession_numbers": LIST, "report": REPORT, "timeout_seconds": 20}
        return Section.model_validate({"kind": "sql"} | usual | keys)

    @asynccontextmanager
    async def ris(self, **keys: Any) -> AsyncIterator[SqlRis]:
        """As the ris-fetcher opens it."""
        async with SqlRis.open("kis", self.section(**keys), ZURICH) as ris:
            yield ris


@asynccontextmanager
async def rooms(kind: str, folder: Path) -> AsyncIterator[Rooms]:
    """A database with empty tables."""
    async with empty_state_url(kind, folder) as url:
        made = Rooms(kind, url)
        await made.run(*TABLES.split(";"))
        yield made
