"""The rows of a crawl as people read them: what was asked, and what became of it."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.crawl_tables import crawl_rows
from radquarry.api.listed import Listed, page_size
from radquarry.api.problems import invalid
from radquarry.messages.studies import Link
from radquarry.state.store import State

LINKS: tuple[Link, ...] = get_args(Link)
Show = Literal["exact", "accession", "patient-date", "several", "conflict", "none", "found", "problem", "gap", "open"]
SHOWS: tuple[Show, ...] = get_args(Show)
"""Link classes; `found`: with a study; `problem`: with one, whatever the link; `gap`: not asked to the end; `open`."""
STREAMED = 2000


@dataclass(frozen=True)
class RowView:
    """One row or query with its result; `link` is empty for a query and while it is open."""

    number: int
    accession_number: str
    study_instance_uid: str
    patient_id: str
    study_date: date | None
    modality: str
    query: Mapping[str, str]
    link: str
    studies: int
    study_instance_uids: tuple[str, ...]
    problem: str
    is_gap: bool
    is_answered: bool


@dataclass(frozen=True)
class RowCounts:
    """How many rows a crawl has, how many are answered, and how many of these are what."""

    total: int = 0
    answered: int = 0
    shows: Mapping[str, int] = field(default_factory=dict)


def _condition(show: str) -> ColumnElement[bool]:
    match show:
        case "":
            return true()
        case "open":
            return ~crawl_rows.c.is_answered
        case "gap":
            return crawl_rows.c.is_gap
        case "problem":
            return crawl_rows.c.problem != ""
        case "found":
            return crawl_rows.c.studies > 0
        case _:
            return and_(crawl_rows.c.link == show, crawl_rows.c.is_answered)


class CrawlRows:
    """Reads the rows of crawls."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def list(self, crawl_id: UUID, show: str = "", limit: int = 50, after: str | None = None) -> Listed[RowView]:
        """In the order of the list; `after` is the number of the last row of the page before."""
        if after is not None and not (after.isdecimal() and len(after) < 10):
            raise invalid("after is not a cursor of this list: leave it out to begin at the top.")
        async with self._state.reading() as connection:
            views = await _rows(connection, crawl_id, show, int(after or 0), page_size(limit) + 1)
        more = str(views[limit - 1].number) if len(views) > limit else None
        return Listed(tuple(views[:limit]), more)

    async def all(self, crawl_id: UUID, show: str = "") -> AsyncIterator[RowView]:
        """Every row, read in portions, so that no connection is held while somebody downloads slowly."""
        after = 0
        while True:
            async with self._state.reading() as connection:
                views = await _rows(connection, crawl_id, show, after, STREAMED)
            for view in views:
                yield view
            if len(views) < STREAMED:
                return
            after = views[-1].number

    async def counts(self, crawl_id: UUID, total: int) -> RowCounts:
        """Of how many rows what is known; `total` is how many the order has, even if their results came first."""
        columns = [func.count().filter(_condition(show)).label(f"n{place}") for place, show in enumerate(SHOWS)]
        chosen = select(func.count().label("total"), *columns).where(crawl_rows.c.crawl_id == crawl_id)
        async with self._state.reading() as connection:
            counted = [int(number) for number in (await connection.execute(chosen)).one()]
        shows = dict(zip(SHOWS, counted[1:], strict=True))
        known = max(total, counted[0])
        answered = counted[0] - shows["open"]
        shows["open"] = known - answered
        return RowCounts(known, answered, {show: number for show, number in shows.items() if number})


async def _rows(connection: AsyncConnection, crawl_id: UUID, show: str, after: int, limit: int) -> list[RowView]:
    chosen = (
        select(crawl_rows)
        .where(crawl_rows.c.crawl_id == crawl_id, crawl_rows.c.number > after, _condition(show))
        .order_by(crawl_rows.c.number)
        .limit(limit)
    )
    return [_view(row) for row in await bulk.fetch(connection, chosen)]


def _view(row: bulk.Found) -> RowView:
    return RowView(
        number=row.number,
        accession_number=row.accession_number,
        study_instance_uid=row.study_instance_uid,
        patient_id=row.patient_id,
        study_date=row.study_date,
        modality=row.modality,
        query=json.loads(row.query) if row.query else {},
        link=row.link,
        studies=row.studies,
        study_instance_uids=tuple(json.loads(row.study_instance_uids)),
        problem=row.problem,
        is_gap=bool(row.is_gap),
        is_answered=bool(row.is_answered),
    )
