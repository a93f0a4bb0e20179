"""The windows of a crawl, and the days they cover: the latest word about each counts."""

import json

from sqlalchemy import ColumnElement, Row, Table, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api.crawl_facts import Tally, WindowReopened, WindowSettled
from radquarry.api.tables import coverage, windows
from radquarry.messages import Gap


async def settle(connection: AsyncConnection, tally: Tally, fact: WindowSettled) -> None:
    """Take up a closed or parked window."""
    old = await _known(connection, fact)
    if old is not None and _rank(old) >= fact.rank:
        return
    if old is not None:
        _count(tally, old, -1)
    row = {
        "crawl_id": fact.crawl_id,
        "day": fact.day,
        "modality": fact.modality,
        "studies": fact.studies,
        "gaps": json.dumps([gap.model_dump() for gap in fact.gaps], ensure_ascii=False),
        "failure_id": fact.failure_id,
        "decided_at": fact.decided_at,
    }
    await _replace(connection, windows, row, "decided_at")
    new = await _known(connection, fact)
    assert new is not None  # noqa: S101 - it was written in this transaction
    _count(tally, new, 1)
    cover = {name: value for name, value in row.items() if name != "failure_id"}
    await _replace(connection, coverage, {**cover, "pacs": fact.pacs, "asked": int(fact.asked)}, "asked", "decided_at")


async def reopen(connection: AsyncConnection, tally: Tally, fact: WindowReopened) -> None:
    """Forget that this window was parked: its order is on its way again."""
    old = await _known(connection, fact)
    if old is None or old.failure_id != fact.failure_id:
        return
    _count(tally, old, -1)
    await connection.execute(delete(windows).where(*_same(windows, fact)))


def gaps_of(stored: str) -> tuple[Gap, ...]:
    """The gaps as they are kept in a row."""
    return tuple(Gap(**gap) for gap in json.loads(stored))


async def _known(connection: AsyncConnection, fact: WindowSettled | WindowReopened) -> Row[tuple[object, ...]] | None:
    return (await connection.execute(select(windows).where(*_same(windows, fact)))).first()


def _same(table: Table, fact: WindowSettled | WindowReopened) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.crawl_id == fact.crawl_id,
        table.c.day == fact.day,
        table.c.modality == fact.modality,
    )


def _rank(row: Row[tuple[object, ...]]) -> tuple[object, ...]:
    return row.decided_at, row.failure_id is None, row.studies, -len(json.loads(row.gaps))


def _count(tally: Tally, row: Row[tuple[object, ...]], sign: int) -> None:
    if row.failure_id is not None:
        tally.windows_parked += sign
        return
    tally.windows_closed += sign
    tally.windows_with_gaps += sign * (row.gaps != "[]")
    tally.studies_announced += sign * row.studies


async def _replace(connection: AsyncConnection, table: Table, row: dict[str, object], *rank: str) -> None:
    """Insert, or replace where what stands there does not rank higher."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(row)
    keys = [column.name for column in table.primary_key]
    fresh = {name: statement.excluded[name] for name in row if name not in keys}
    newer = tuple_(*(statement.excluded[name] for name in rank)) >= tuple_(*(table.c[name] for name in rank))
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=newer))
