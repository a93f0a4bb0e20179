"""The windows of a crawl, the portions of its list, and the days they cover: the latest word about each counts."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api.crawl_facts import PortionReopened, PortionSettled, Rank, WindowReopened, WindowSettled
from radquarry.api.crawl_tables import portions
from radquarry.api.crawl_tally import Tally
from radquarry.api.tables import coverage, windows
from radquarry.messages import Gap

Settled = WindowSettled | PortionSettled
Reopened = WindowReopened | PortionReopened
Known = Row[tuple[Any, ...]]


async def settle(connection: AsyncConnection, tally: Tally, fact: Settled) -> bool:
    """Take up a closed or parked window or portion; whether this is the latest word about it."""
    if fact.unasked and tally.resumed_at is not None and fact.decided_at <= tally.resumed_at:
        return False
    old = await _known(connection, fact)
    if old is not None and _rank(old) >= fact.rank:
        return False
    if old is not None:
        _count(tally, old, -1)
        await connection.execute(delete(_table(fact)).where(*_same(fact)))
    await connection.execute(insert(_table(fact)).values(_row(fact)))
    new = await _known(connection, fact)
    assert new is not None  # noqa: S101 - it was written in this transaction
    _count(tally, new, 1)
    if isinstance(fact, WindowSettled) and not fact.narrowed:
        await _cover(connection, fact)
    return True


async def reopen(connection: AsyncConnection, tally: Tally, fact: Reopened) -> None:
    """Forget that this window or portion was parked: its order is on its way again."""
    old = await _known(connection, fact)
    if old is None or old.failure_id != fact.failure_id:
        return
    _count(tally, old, -1)
    await connection.execute(delete(_table(fact)).where(*_same(fact)))


async def reopen_unasked(connection: AsyncConnection, tally: Tally, crawl_id: UUID) -> None:
    """Forget every window and portion that was left unasked before the crawl was resumed."""
    for table in (windows, portions):
        left = (table.c.crawl_id == crawl_id, table.c.is_unasked, table.c.decided_at <= tally.resumed_at)
        for old in (await connection.execute(select(table).where(*left))).all():
            _count(tally, old, -1)
        await connection.execute(delete(table).where(*left))


def gaps_of(stored: str) -> tuple[Gap, ...]:
    """The gaps as they are kept in a row."""
    return tuple(Gap(**gap) for gap in json.loads(stored))


def _gaps(fact: Settled) -> str:
    """As they are kept: what a window lacks, or the numbers of a portion's rows."""
    if isinstance(fact, WindowSettled):
        return json.dumps([gap.model_dump() for gap in fact.gaps], ensure_ascii=False)
    return json.dumps(fact.gaps)


def _row(fact: Settled) -> dict[str, object]:
    return {
        **fact.place,
        "studies": fact.studies,
        "gaps": _gaps(fact),
        "failure_id": fact.failure_id,
        "decided_at": fact.decided_at,
        "is_unasked": fact.unasked,
    }


async def _cover(connection: AsyncConnection, fact: WindowSettled) -> None:
    row = {name: value for name, value in _row(fact).items() if name not in {"failure_id", "is_unasked"}}
    await _replace(connection, coverage, {**row, "pacs": fact.pacs, "asked": int(fact.asked)}, "asked", "decided_at")


async def _known(connection: AsyncConnection, fact: Settled | Reopened) -> Known | None:
    return (await connection.execute(select(_table(fact)).where(*_same(fact)))).first()


def _table(fact: Settled | Reopened) -> Table:
    return windows if isinstance(fact, WindowSettled | WindowReopened) else portions


def _same(fact: Settled | Reopened) -> list[ColumnElement[bool]]:
    return [_table(fact).c[name] == value for name, value in fact.place.items()]


def _rank(row: Known) -> Rank:
    return not row.is_unasked, row.decided_at, row.failure_id is None, row.studies, -len(json.loads(row.gaps))


def _count(tally: Tally, row: Known, sign: int) -> None:
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
