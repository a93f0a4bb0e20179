"""Writes what is heard about retrievals: the highest revision of each study and instance counts."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.departures import microseconds
from radquarry.api.pace import sampled
from radquarry.api.retrieval_facts import SETTLED, RetrievalFact, RetrievalRefused, StudyStand, Sum
from radquarry.api.tables import retrieval_instances, retrieval_studies, retrievals
from radquarry.messages import RetrievalCompleted, RetrievalProgressed, RetrievalRequested
from radquarry.state.store import State

COUNTERS = tuple(each.name for each in fields(Sum) if each.name != "states")
STAND = tuple(each.name for each in fields(StudyStand))
INSTANCE = (
    "retrieval_id",
    "study_instance_uid",
    "sop_instance_uid",
    "series_instance_uid",
    "received",
    "bytes",
    "sha256",
    "revision",
    "stored_us",
)
SOME = 500


class RetrievalLedger:
    """One row per retrieval with its sums, kept in step with the rows of its studies."""

    def __init__(self, state: State, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._state = state
        self._clock = clock

    async def write(self, facts: Sequence[RetrievalFact]) -> None:
        """Take `facts` up in one transaction; replicas wait for each other, retrieval by retrieval."""
        by_retrieval: defaultdict[UUID, list[RetrievalFact]] = defaultdict(list)
        for fact in facts:
            by_retrieval[fact.retrieval_id].append(fact)
        async with self._state.writing() as connection:
            for retrieval_id in sorted(by_retrieval):
                await self._write_retrieval(connection, retrieval_id, by_retrieval[retrieval_id])

    async def write_one(self, fact: RetrievalFact) -> None:
        """Take up one fact by itself."""
        await self.write([fact])

    async def _write_retrieval(
        self, connection: AsyncConnection, retrieval_id: UUID, facts: Sequence[RetrievalFact]
    ) -> None:
        row = await self._locked(connection, retrieval_id)
        whole = Sum(states=Counter(json.loads(row["states"])), **{name: row[name] for name in COUNTERS})
        order: dict[str, Any] = {}
        progressed = []
        for fact in facts:
            match fact:
                case RetrievalRequested():
                    order = order or _order(fact, row["requested_at"])
                    await _take_up(connection, whole, fact)
                case RetrievalProgressed():
                    progressed.append(fact)
                case RetrievalCompleted():
                    _end(whole, fact)
                case RetrievalRefused():
                    whole.refused = fact.reason
        await _progress(connection, whole, retrieval_id, progressed)
        after = {name: getattr(whole, name) for name in COUNTERS} | order
        after |= {"states": json.dumps(+whole.states, sort_keys=True), "state": whole.state()}
        if row["received"] != whole.received:
            after["pace"] = sampled(row["pace"], self._clock(), (row["received"],))
        changed = {name: value for name, value in after.items() if row[name] != value}
        if changed:
            await connection.execute(update(retrievals).where(_is(retrieval_id)).values(changed))

    async def _locked(self, connection: AsyncConnection, retrieval_id: UUID) -> dict[str, Any]:
        """The retrieval's row, made where there is none, ours until the transaction ends."""
        chosen = select(retrievals).where(_is(retrieval_id)).with_for_update()
        row = (await connection.execute(chosen)).mappings().first()
        if row is None:
            await self._state.upsert(connection, retrievals, [{"retrieval_id": retrieval_id}])
            row = (await connection.execute(chosen)).mappings().one()
        return dict(row)


def _is(retrieval_id: UUID) -> Any:
    return retrievals.c.retrieval_id == retrieval_id


def _order(fact: RetrievalRequested, known_since: Any) -> dict[str, Any]:
    if known_since is not None and known_since <= fact.sent_at:
        return {}
    return {
        "priority": fact.priority,
        "requested_by": fact.requested_by[:200],
        "requested_at": fact.sent_at,
        "windows": json.dumps(fact.windows.lines),
    }


def _end(whole: Sum, fact: RetrievalCompleted) -> None:
    if whole.ended_at is None or (whole.ended_at, whole.ended or "") < (fact.sent_at, fact.state):
        whole.ended, whole.ended_at = fact.state, fact.sent_at


async def _take_up(connection: AsyncConnection, whole: Sum, fact: RetrievalRequested) -> None:
    wanted = {study.study_instance_uid: (place, study) for place, study in enumerate(fact.studies)}
    for some in _portions(list(wanted)):
        known = await _stands(connection, fact.retrieval_id, some)
        fresh: dict[str, StudyStand] = {}
        for uid in some:
            place, study = wanted[uid]
            if uid not in known:
                fresh[uid] = StudyStand(position=place, pacs=study.pacs)
                whole.count(fresh[uid], 1)
            elif known[uid].position is None:
                fresh[uid] = replace(known[uid], position=place)
        await _keep(connection, fact.retrieval_id, fresh)


async def _progress(
    connection: AsyncConnection, whole: Sum, retrieval_id: UUID, facts: Sequence[RetrievalProgressed]
) -> None:
    newest: dict[str, RetrievalProgressed] = {}
    for fact in sorted(facts, key=lambda each: each.revision):
        newest[fact.study_instance_uid] = fact
        rows = [_instance(fact, each) for each in fact.instances]
        await bulk.put(connection, retrieval_instances, rows, INSTANCE, newest="revision")
    for some in _portions(list(newest)):
        known = await _stands(connection, retrieval_id, some)
        listed = await _listed(connection, retrieval_id, some)
        fresh = {}
        for uid in some:
            old = known.get(uid)
            if old is not None:
                whole.count(old, -1)
            stand = replace(_stand(old or StudyStand(), newest[uid]), listed=listed.get(uid, 0))
            whole.count(stand, 1)
            if old is not None and old.state in SETTLED and stand.state not in SETTLED:
                whole.reopen(newest[uid].sent_at)
            if stand != old:
                fresh[uid] = stand
        await _keep(connection, retrieval_id, fresh)


def _stand(old: StudyStand, fact: RetrievalProgressed) -> StudyStand:
    if fact.revision <= old.revision:
        return old
    return replace(
        old,
        pacs=fact.pacs,
        state=fact.state,
        expected=fact.expected,
        received=fact.received,
        problem=fact.problem,
        revision=fact.revision,
    )


def _instance(fact: RetrievalProgressed, each: Any) -> tuple[Any, ...]:
    key = (fact.retrieval_id, fact.study_instance_uid, each.sop_instance_uid)
    stored_us = microseconds(each.stored_at)
    return (*key, each.series_instance_uid, each.received, each.bytes, each.sha256, fact.revision, stored_us)


async def _stands(connection: AsyncConnection, retrieval_id: UUID, uids: Sequence[str]) -> dict[str, StudyStand]:
    chosen = select(retrieval_studies).where(
        retrieval_studies.c.retrieval_id == retrieval_id, retrieval_studies.c.study_instance_uid.in_(uids)
    )
    rows = await bulk.fetch(connection, chosen)
    return {row.study_instance_uid: StudyStand(**{name: getattr(row, name) for name in STAND}) for row in rows}


async def _listed(connection: AsyncConnection, retrieval_id: UUID, uids: Sequence[str]) -> dict[str, int]:
    table = retrieval_instances.c
    chosen = (
        select(table.study_instance_uid, func.count().label("listed"))
        .where(table.retrieval_id == retrieval_id, table.study_instance_uid.in_(uids))
        .group_by(table.study_instance_uid)
    )
    return {row.study_instance_uid: row.listed for row in await bulk.fetch(connection, chosen)}


async def _keep(connection: AsyncConnection, retrieval_id: UUID, fresh: dict[str, StudyStand]) -> None:
    rows = [(retrieval_id, uid, *asdict(stand).values()) for uid, stand in fresh.items()]
    await bulk.put(connection, retrieval_studies, rows, ("retrieval_id", "study_instance_uid", *STAND))


def _portions(uids: list[str]) -> Iterable[list[str]]:
    return (uids[start : start + SOME] for start in range(0, len(uids), SOME))
