"""Writes what is heard about crawls: many facts in one transaction, counters exact whatever is repeated or late."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.crawl_contradictions import Contradicted, joined
from radquarry.api.crawl_facts import (
    Blocked,
    CrawlFact,
    PortionReopened,
    PortionSettled,
    StudySeen,
    WindowReopened,
    WindowSettled,
)
from radquarry.api.crawl_order import asked_in
from radquarry.api.crawl_pace import Done
from radquarry.api.crawl_rows import note_queries, note_results, note_rows
from radquarry.api.crawl_tally import Tally
from radquarry.api.pace import sampled
from radquarry.api.tables import crawl_blocks, crawl_studies, crawls
from radquarry.api.window_rows import reopen, reopen_unasked, settle
from radquarry.messages import CrawlCompleted, CrawlPlanned, CrawlRequested, CrawlResumed, RowsListed
from radquarry.state.store import State

COUNTERS = tuple(each.name for each in fields(Tally) if each.name != "order")


class CrawlLedger:
    """One row per crawl with its counters, kept in step with the rows of its windows and studies."""

    def __init__(self, state: State, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._state = state
        self._clock = clock

    async def write(self, facts: Sequence[CrawlFact]) -> None:
        """Take `facts` up in one transaction; replicas wait for each other, crawl by crawl."""
        by_crawl: defaultdict[UUID, list[CrawlFact]] = defaultdict(list)
        for fact in facts:
            by_crawl[fact.crawl_id].append(fact)
        async with self._state.writing() as connection:
            for crawl_id in sorted(by_crawl):
                await self._write_crawl(connection, crawl_id, by_crawl[crawl_id])

    async def write_one(self, fact: CrawlFact) -> None:
        """Take up one fact by itself."""
        await self.write([fact])

    async def _write_crawl(self, connection: AsyncConnection, crawl_id: UUID, facts: Sequence[CrawlFact]) -> None:
        tally, before = await self._locked(connection, crawl_id)
        await _studies(connection, crawl_id, tally, [fact for fact in facts if isinstance(fact, StudySeen)])
        for fact in facts:
            match fact:
                case WindowSettled() | PortionSettled():
                    await _settle(connection, tally, fact)
                case WindowReopened() | PortionReopened():
                    await reopen(connection, tally, fact)
                case Blocked():
                    await self._block(connection, tally, fact)
                case CrawlRequested():
                    await _order(connection, tally, fact, before["requested_at"])
                case RowsListed():
                    await _listed(connection, tally, fact)
                case CrawlPlanned() | CrawlResumed() | CrawlCompleted() | Contradicted():
                    await _steer(connection, tally, fact)
        after = {name: getattr(tally, name) for name in COUNTERS} | {"state": tally.state()} | tally.order
        if "pace" not in after and _done(before) != _done(after):
            after["pace"] = sampled(before["pace"], self._clock(), _done(before))
        changed = {name: value for name, value in after.items() if before[name] != value}
        if changed:
            await connection.execute(update(crawls).where(crawls.c.crawl_id == crawl_id).values(changed))

    async def _locked(self, connection: AsyncConnection, crawl_id: UUID) -> tuple[Tally, dict[str, Any]]:
        """The crawl's row, made where there is none, ours until the transaction ends."""
        chosen = select(crawls).where(crawls.c.crawl_id == crawl_id).with_for_update()
        row = (await connection.execute(chosen)).mappings().first()
        if row is None:
            await self._state.upsert(connection, crawls, [{"crawl_id": crawl_id}])
            row = (await connection.execute(chosen)).mappings().one()
        return Tally(**{name: row[name] for name in COUNTERS}), dict(row)

    async def _block(self, connection: AsyncConnection, tally: Tally, fact: Blocked) -> None:
        row = {"crawl_id": fact.crawl_id, "failure_id": fact.failure_id}
        if fact.again:
            await connection.execute(delete(crawl_blocks).where(crawl_blocks.c.failure_id == fact.failure_id))
        else:
            await self._state.upsert(connection, crawl_blocks, [row])
        counted = select(func.count()).select_from(crawl_blocks).where(crawl_blocks.c.crawl_id == fact.crawl_id)
        tally.blocks = await connection.scalar(counted) or 0


def _done(row: Mapping[str, Any]) -> Done:
    return Done(row["windows_closed"], row["studies_found"], row["studies_settled"])


async def _settle(connection: AsyncConnection, tally: Tally, fact: WindowSettled | PortionSettled) -> None:
    taken = await settle(connection, tally, fact)
    if taken and isinstance(fact, PortionSettled) and not fact.unasked:
        await note_results(connection, fact.crawl_id, fact.results)


async def _order(connection: AsyncConnection, tally: Tally, fact: CrawlRequested, known: datetime | None) -> None:
    """Of a repeated order the first one counts."""
    if known is not None and known <= fact.sent_at:
        return
    tally.order = asked_in(fact)
    tally.rows_total = max(tally.rows_total, len(fact.rows) or len(fact.queries))
    await note_rows(connection, fact.crawl_id, fact.rows)
    await note_queries(connection, fact.crawl_id, fact.queries)


async def _listed(connection: AsyncConnection, tally: Tally, fact: RowsListed) -> None:
    tally.rows_total = max(tally.rows_total, *(row.number for row in fact.rows), 0)
    await note_rows(connection, fact.crawl_id, fact.rows)


async def _steer(
    connection: AsyncConnection, tally: Tally, fact: CrawlPlanned | CrawlResumed | CrawlCompleted | Contradicted
) -> None:
    match fact:
        case CrawlPlanned():
            tally.planned = max(tally.planned or 0, fact.windows)
        case CrawlResumed():
            tally.resumed_at = max(tally.resumed_at or fact.sent_at, fact.sent_at)
            tally.order["pace"] = "[]"
            await reopen_unasked(connection, tally, fact.crawl_id)
        case Contradicted():
            tally.contradictions = joined(tally.contradictions, fact)
        case CrawlCompleted(cancelled=True):
            tally.cancelled_at = max(tally.cancelled_at or fact.sent_at, fact.sent_at)


async def _studies(connection: AsyncConnection, crawl_id: UUID, tally: Tally, facts: Iterable[StudySeen]) -> None:
    fresh: defaultdict[str, int] = defaultdict(int)
    forget: defaultdict[str, int] = defaultdict(int)
    for fact in facts:
        fresh[fact.study_instance_uid] |= fact.seen.value
        if fact.forget:
            forget[fact.study_instance_uid] |= fact.forget.value
    if not fresh:
        return
    known = await _bits(connection, crawl_id, list(fresh))
    rows, key = [], crawl_id.hex
    for uid, bits in fresh.items():
        old = known.get(uid, 0)
        new = (old & ~forget.get(uid, 0)) | bits
        if new != old:
            tally.count(old, -1)
            tally.count(new, 1)
            rows.append((key, uid, new))
    await bulk.put(connection, crawl_studies, rows, ("crawl_id", "study_instance_uid", "bits"))


BITS = {
    "sqlite": "SELECT json_group_object(study_instance_uid, bits) FROM api_crawl_studies "
    "WHERE crawl_id = :crawl_id AND study_instance_uid IN (SELECT value FROM json_each(:uids))",
    "postgresql": "SELECT CAST(json_object_agg(study_instance_uid, bits) AS text) FROM api_crawl_studies "
    "WHERE crawl_id = :crawl_id AND study_instance_uid IN (SELECT json_array_elements_text(CAST(:uids AS json)))",
}


async def _bits(connection: AsyncConnection, crawl_id: UUID, uids: list[str]) -> dict[str, int]:
    """StudyInstanceUID → what was heard of it before, in one step (see bulk.py)."""
    statement = text(BITS[connection.dialect.name]).bindparams(bindparam("crawl_id", type_=Uuid()))
    found = await connection.scalar(statement, {"crawl_id": crawl_id, "uids": json.dumps(uids)})
    bits: dict[str, int] = json.loads(found or "{}")
    return bits
