"""The rows of a crawl's list or its queries, and what became of each. Identifiers are a patient's data: no line of
the log holds them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.crawl_tables import crawl_rows
from radquarry.api.storable import storable
from radquarry.dicom.uids import is_uid
from radquarry.messages import Row, RowResult
from radquarry.messages.lookups import QueryOrder

AT_ONCE = 5000
MOST_CHARACTERS = 64
ASKED = ("accession_number", "study_instance_uid", "patient_id", "modality", "study_date")
ANSWERED = ("link", "studies", "study_instance_uids", "problem", "is_gap", "is_answered")
MOST_UIDS = 100


async def note_rows(connection: AsyncConnection, crawl_id: UUID, rows: Iterable[Row]) -> None:
    """What was asked, row by row."""
    lines = ((crawl_id, row.number, *map(_short, _texts(row)), row.study_date) for row in rows)
    await _put(connection, lines, ("crawl_id", "number", *ASKED))


async def note_queries(connection: AsyncConnection, crawl_id: UUID, queries: Sequence[QueryOrder]) -> None:
    """What was asked, query by query, numbered from 1."""
    lines = ((crawl_id, number, json.dumps(query)) for number, query in enumerate(queries, 1))
    await _put(connection, lines, ("crawl_id", "number", "query"))


async def note_results(connection: AsyncConnection, crawl_id: UUID, results: Iterable[RowResult]) -> None:
    """What became of rows or queries; a later word replaces an earlier one."""
    lines = ((crawl_id, result.number, *_answered(result)) for result in results)
    await _put(connection, lines, ("crawl_id", "number", *ANSWERED))


async def _put(connection: AsyncConnection, lines: Iterator[tuple[object, ...]], columns: Sequence[str]) -> None:
    while some := list(islice(lines, AT_ONCE)):
        await bulk.put(connection, crawl_rows, some, columns)


def _texts(row: Row) -> tuple[str, ...]:
    return row.accession_number, row.study_instance_uid, row.patient_id, row.modality


def _short(text: str) -> str:
    return storable(text, MOST_CHARACTERS)


def _answered(result: RowResult) -> tuple[object, ...]:
    uids = [uid for uid in result.study_instance_uids if is_uid(uid)][:MOST_UIDS]
    return result.link or "", result.studies, json.dumps(uids), storable(result.problem), result.is_gap, True
