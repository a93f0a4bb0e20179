"""Writes what is heard about deliveries: the highest revision of each study and instance counts."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.delivery_facts import SETTLED, DeliveryFact, DeliveryRefused, DeliveryStand, DeliverySum
from radquarry.api.delivery_tables import deliveries, delivery_instances, delivery_studies
from radquarry.api.storable import storable
from radquarry.messages import DeliveryCompleted, DeliveryProgressed, DeliveryRequested, DeliveryWaits, InstanceDelivery
from radquarry.state.store import State

COUNTERS = tuple(each.name for each in fields(DeliverySum) if each.name != "states")
STAND = tuple(each.name for each in fields(DeliveryStand))
INSTANCE = (
    "delivery_id",
    "study_instance_uid",
    "sop_instance_uid",
    "series_instance_uid",
    "state",
    "problem",
    "delivered_at",
    "revision",
)
SOME = 500
MOST_OF_A_PROBLEM = 500
"""Characters kept of why one instance did not arrive: a delivery may have a million of them."""


class DeliveryLedger:
    """One row per delivery with its sums, kept in step with the rows of its studies."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def write(self, facts: Sequence[DeliveryFact]) -> None:
        """Take `facts` up in one transaction; replicas wait for each other, delivery by delivery."""
        by_delivery: defaultdict[UUID, list[DeliveryFact]] = defaultdict(list)
        for fact in facts:
            by_delivery[fact.delivery_id].append(fact)
        async with self._state.writing() as connection:
            for delivery_id in sorted(by_delivery):
                await self._write_delivery(connection, delivery_id, by_delivery[delivery_id])

    async def write_one(self, fact: DeliveryFact) -> None:
        """Take up one fact by itself."""
        await self.write([fact])

    async def _write_delivery(
        self, connection: AsyncConnection, delivery_id: UUID, facts: Sequence[DeliveryFact]
    ) -> None:
        row = await self._locked(connection, delivery_id)
        whole = DeliverySum(states=Counter(json.loads(row["states"])), **{name: row[name] for name in COUNTERS})
        order: dict[str, Any] = {}
        progressed = []
        for fact in facts:
            match fact:
                case DeliveryRequested():
                    order = order or _order(fact, row["requested_at"])
                    await _take_up(connection, whole, fact)
                case DeliveryProgressed():
                    progressed.append(fact)
                case DeliveryWaits():
                    whole.wait(storable(fact.problem))
                case DeliveryCompleted():
                    whole.end(fact, storable(fact.problem))
                case DeliveryRefused():
                    whole.refused = fact.reason
        await _progress(connection, whole, delivery_id, progressed)
        if progressed:
            whole.wait("")
        after = {name: getattr(whole, name) for name in COUNTERS} | order
        after |= {"states": json.dumps(+whole.states, sort_keys=True), "state": whole.state()}
        changed = {name: value for name, value in after.items() if row[name] != value}
        if changed:
            await connection.execute(update(deliveries).where(_is(delivery_id)).values(changed))

    async def _locked(self, connection: AsyncConnection, delivery_id: UUID) -> dict[str, Any]:
        """The delivery's row, made where there is none, ours until the transaction ends."""
        chosen = select(deliveries).where(_is(delivery_id)).with_for_update()
        row = (await connection.execute(chosen)).mappings().first()
        if row is None:
            await self._state.upsert(connection, deliveries, [{"delivery_id": delivery_id}])
            row = (await connection.execute(chosen)).mappings().one()
        return dict(row)


def _is(delivery_id: UUID) -> Any:
    return deliveries.c.delivery_id == delivery_id


def _order(fact: DeliveryRequested, known_since: Any) -> dict[str, Any]:
    if known_since is not None and known_since <= fact.sent_at:
        return {}
    how = fact.deidentify
    return {
        "retrieval_id": fact.retrieval_id,
        "destination": fact.destination[:64],
        "is_deidentified": how is not None,
        "project": how.project if how else "",
        "profile": how.profile[:64] if how else "",
        "reports": fact.reports,
        "mapping": fact.mapping,
        "is_of_all": not fact.studies,
        "requested_by": fact.requested_by[:200],
        "requested_at": fact.sent_at,
    }


async def _take_up(connection: AsyncConnection, whole: DeliverySum, fact: DeliveryRequested) -> None:
    wanted = {uid: place for place, uid in reversed(list(enumerate(fact.studies)))}
    for some in _portions(list(wanted)):
        known = await _stands(connection, fact.delivery_id, some)
        fresh: dict[str, DeliveryStand] = {}
        for uid in some:
            if uid not in known:
                fresh[uid] = DeliveryStand(position=wanted[uid])
                whole.count(fresh[uid], 1)
            elif known[uid].position is None:
                fresh[uid] = replace(known[uid], position=wanted[uid])
        await _keep(connection, fact.delivery_id, fresh)


async def _progress(
    connection: AsyncConnection, whole: DeliverySum, delivery_id: UUID, facts: Sequence[DeliveryProgressed]
) -> None:
    newest: dict[str, DeliveryProgressed] = {}
    for fact in sorted(facts, key=lambda each: each.revision):
        newest[fact.study_instance_uid] = fact
        rows = [_instance(fact, each) for each in fact.instances]
        await bulk.put(connection, delivery_instances, rows, INSTANCE, newest="revision")
    for some in _portions(list(newest)):
        known = await _stands(connection, delivery_id, some)
        listed = await _listed(connection, delivery_id, some)
        fresh = {}
        for uid in some:
            old = known.get(uid)
            if old is not None:
                whole.count(old, -1)
            stand = replace(_stand(old or DeliveryStand(), newest[uid]), listed=listed.get(uid, 0))
            whole.count(stand, 1)
            if stand.state not in SETTLED and stand.revision == newest[uid].revision:
                whole.reopen(newest[uid].sent_at)
            if stand != old:
                fresh[uid] = stand
        await _keep(connection, delivery_id, fresh)


def _stand(old: DeliveryStand, fact: DeliveryProgressed) -> DeliveryStand:
    if fact.revision <= old.revision:
        return old
    return replace(
        old,
        state=fact.state,
        expected=fact.expected,
        delivered=fact.delivered,
        held_back=fact.held_back,
        problem=fact.problem,
        again_at=fact.again_at,
        revision=fact.revision,
    )


def _instance(fact: DeliveryProgressed, each: InstanceDelivery) -> tuple[Any, ...]:
    when = each.delivered_at and each.delivered_at.astimezone(UTC).isoformat(timespec="seconds")
    key = (fact.delivery_id, fact.study_instance_uid, each.sop_instance_uid)
    problem = storable(each.problem, MOST_OF_A_PROBLEM)
    return (*key, each.series_instance_uid, each.state, problem, when, fact.revision)


async def _stands(connection: AsyncConnection, delivery_id: UUID, uids: Sequence[str]) -> dict[str, DeliveryStand]:
    chosen = select(delivery_studies).where(
        delivery_studies.c.delivery_id == delivery_id, delivery_studies.c.study_instance_uid.in_(uids)
    )
    rows = await bulk.fetch(connection, chosen)
    return {row.study_instance_uid: DeliveryStand(**{name: getattr(row, name) for name in STAND}) for row in rows}


async def _listed(connection: AsyncConnection, delivery_id: UUID, uids: Sequence[str]) -> dict[str, int]:
    table = delivery_instances.c
    chosen = (
        select(table.study_instance_uid, func.count().label("listed"))
        .where(table.delivery_id == delivery_id, table.study_instance_uid.in_(uids))
        .group_by(table.study_instance_uid)
    )
    return {row.study_instance_uid: row.listed for row in await bulk.fetch(connection, chosen)}


async def _keep(connection: AsyncConnection, delivery_id: UUID, fresh: dict[str, DeliveryStand]) -> None:
    rows = [(delivery_id, uid, *asdict(stand).values()) for uid, stand in fresh.items()]
    await bulk.put(connection, delivery_studies, rows, ("delivery_id", "study_instance_uid", *STAND))


def _portions(uids: list[str]) -> Iterable[list[str]]:
    return (uids[start : start + SOME] for start in range(0, len(uids), SOME))
