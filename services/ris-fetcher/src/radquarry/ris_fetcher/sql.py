"""A RIS whose database may be read: one query lists accession numbers, one gives a report."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import date
from typing import Self
from zoneinfo import ZoneInfo

from radquarry.configuration.ris import SqlRis as Section
from radquarry.configuration.ris import is_date
from radquarry.dicom.accession import spellings
from radquarry.messages import Report, Row, Study
from radquarry.ris_fetcher import links, sql_rows
from radquarry.ris_fetcher.database import Database, Query, Record
from radquarry.ris_fetcher.database_faults import Unfit
from radquarry.ris_fetcher.report_text import Unreadable, printable
from radquarry.ris_fetcher.ris import NoReport, RisRefuses

PORTION = 500
"""Rows of a list in one message."""
MOST_REPORTS = 100
"""Rows for one accession number; more means that the query does not ask for it."""


class SqlRis:
    """See `Lists`. At most `parallel` reports are asked for at a time."""

    def __init__(self, name: str, section: Section, database: Database, zone: ZoneInfo) -> None:
        self.name = name
        self._pacs = section.pacs
        self._database = database
        self._zone = zone
        self._free = asyncio.Semaphore(section.parallel)
        self._list = _query("accession_numbers", section.accession_numbers, "accession_number")
        self._report = _query("report", section.report, "text")

    @classmethod
    @asynccontextmanager
    async def open(cls, name: str, section: Section, zone: ZoneInfo) -> AsyncIterator[Self]:
        """`zone` is of moments that the database gives without one. Raises `RisRefuses`."""
        async with Database.open(name, section) as database:
            yield cls(name, section, database, zone)

    def serves(self, pacs: str) -> bool:
        """Whether it reports on the studies of this PACS."""
        return self._report is not None and (not self._pacs or pacs in self._pacs)

    def lists(self, pacs: str) -> bool:
        """Whether it has a list, for the studies of this PACS."""
        return self._list is not None and (not self._pacs or pacs in self._pacs)

    async def check(self) -> None:
        """Find out whether the queries can work; raises `RisAway`, `RisRefuses`."""
        for query in (self._list, self._report):
            if query is not None:
                await self._database.check(query)

    async def listing(self, chosen: Mapping[str, str]) -> AsyncGenerator[tuple[Row, ...], None]:
        """The rows that the query gives for these values, numbered from 1, in portions."""
        if self._list is None:
            raise RisRefuses(f"{self.name}: has no ris.{self.name}.accession_numbers and cannot list")
        values, number = self._values(self._list, chosen), 0
        async with aclosing(self._database.portions(self._list, values, PORTION)) as portions:
            async for some in portions:
                yield tuple(sql_rows.listed(number + place, each) for place, each in enumerate(some, 1))
                number += len(some)

    async def report(self, study: Study) -> Report | NoReport:
        """The latest report of the study."""
        asked = [each for each in spellings(study.accession_number) if each == printable(each)]
        if not asked or self._report is None:
            return NoReport(links.NO_NUMBER)
        unfit: Unfit | None = None
        async with self._free:
            for number, spelling in enumerate(asked):
                try:
                    found = await self._found(self._report, study, spelling)
                except Unfit as error:
                    unfit = error
                    continue
                if found:
                    return await self._answer(found, study, number)
        return NoReport(links.NOT_THERE if unfit is None else str(unfit))

    async def _found(self, query: Query, study: Study, spelling: str) -> list[Record]:
        """The rows of written reports under this spelling."""
        known = {
            "accession_number": spelling,
            "patient_id": printable(study.patient_id),
            "study_instance_uid": printable(study.study_instance_uid),
            "study_date": study.study_date,
        }
        values = {name: known[name] for name in query.parameters}
        found: list[Record] = []
        async with aclosing(self._database.portions(query, values, MOST_REPORTS + 1)) as portions:
            async for some in portions:
                found += some
                if len(found) > MOST_REPORTS:
                    raise RisRefuses(
                        f"{self.name}: ris.{self.name}.report gives more than {MOST_REPORTS} rows for one number"
                    )
        return [each for each in found if sql_rows.word(each.get("status")).lower() not in links.NO_REPORT_YET]

    async def _answer(self, found: list[Record], study: Study, spelling: int) -> Report | NoReport:
        ours = [each for each in found if links.same_patient(sql_rows.word(each.get("patient_id")), study.patient_id)]
        if not ours:
            return NoReport(links.ANOTHER_PATIENT)
        different = {sql_rows.word(each.get("report_id")) or number for number, each in enumerate(ours)}
        # of rows that are equally old the last one counts: a query without dates may order them
        newest = max(reversed(ours), key=lambda each: sql_rows.age(each, self._zone))
        try:
            report = await asyncio.to_thread(sql_rows.report, newest, self._zone)
        except Unreadable as error:
            return NoReport(str(error))
        if not report.text:
            return NoReport(links.EMPTY)
        return report.model_copy(update={"link": links.link(len(different), spelling)})

    def _values(self, query: Query, chosen: Mapping[str, str]) -> dict[str, object]:
        """What the query is given; nothing that is chosen may be lost, or the list would be another one."""
        place, known = f"{self.name}: ris.{self.name}.{query.key}", sorted(query.parameters)
        if missing := sorted(query.parameters - set(chosen)):
            raise RisRefuses(f"{place} needs {', '.join(missing)}, which the order does not give")
        if strange := len(set(chosen) - query.parameters):
            raise RisRefuses(f"{place} does not ask for {strange} of the order's values, only: {', '.join(known)}")
        return {name: self._value(place, name, chosen[name]) for name in known}

    def _value(self, place: str, name: str, text: str) -> object:
        if text != printable(text):
            raise RisRefuses(f"{place}: {name} holds control characters")
        if not is_date(name):
            return text
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            raise RisRefuses(f"{place}: {name} is no date such as 2024-05-31") from None


def _query(key: str, sql: str | None, needs: str) -> Query | None:
    return None if sql is None else Query(key, sql, frozenset([needs]))
