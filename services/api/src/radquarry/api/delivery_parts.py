"""The studies and instances of a delivery, as they are known: read portion by portion."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import func, select, tuple_

from radquarry.api import bulk
from radquarry.api.delivery_tables import delivery_instances, delivery_studies
from radquarry.api.delivery_views import Cause, DeliveredRow, DeliveryStudy, delivered_row_of, study_of, unheard_of
from radquarry.api.tables import retrieval_studies, retrievals
from radquarry.state.store import State

PORTION = 500
MOST_CAUSES = 200
NOT_DELIVERED = ("held back", "missing", "failed")


async def studies_of(state: State, row: bulk.Found) -> tuple[DeliveryStudy, ...]:
    """Of the delivery behind `row`: in the order they were named, or in that of its retrieval."""
    chosen = (
        select(delivery_studies)
        .where(delivery_studies.c.delivery_id == row.delivery_id)
        .order_by(delivery_studies.c.position, delivery_studies.c.study_instance_uid)
    )
    async with state.reading() as connection:
        heard = {each.study_instance_uid: study_of(each, row) for each in await bulk.fetch(connection, chosen)}
    if not row.is_of_all:
        return tuple(heard.values())
    retrieved = {uid: unheard_of(uid, row) for uid in await retrieved_by(state, row.retrieval_id)}
    return tuple((retrieved | heard).values())


async def retrieved_by(state: State, retrieval_id: UUID) -> tuple[str, ...]:
    """The studies of a retrieval, in its order; none where nobody ordered it."""
    table = retrieval_studies.c
    same = retrievals.c.retrieval_id == table.retrieval_id
    chosen = (
        select(table.study_instance_uid)
        .join_from(retrieval_studies, retrievals, same)
        .where(table.retrieval_id == retrieval_id, retrievals.c.requested_at.is_not(None))
        .order_by(table.position, table.study_instance_uid)
    )
    async with state.reading() as connection:
        return tuple(row.study_instance_uid for row in await bulk.fetch(connection, chosen))


async def causes_of(state: State, delivery_id: UUID) -> tuple[Cause, ...]:
    """Why instances did not arrive, the most frequent first."""
    table, number = delivery_instances.c, func.count().label("instances")
    chosen = (
        select(table.state, table.problem, number)
        .where(table.delivery_id == delivery_id, table.state.in_(NOT_DELIVERED))
        .group_by(table.state, table.problem)
        .order_by(number.desc(), table.state, table.problem)
        .limit(MOST_CAUSES)
    )
    async with state.reading() as connection:
        return tuple(Cause(row.state, row.problem, row.instances) for row in await bulk.fetch(connection, chosen))


async def rows_of(state: State, delivery_id: UUID) -> AsyncIterator[DeliveredRow]:
    """Every instance whose fate is known: flat memory."""
    table = delivery_instances.c
    key = tuple_(table.study_instance_uid, table.sop_instance_uid)
    last: tuple[str, str] = ("", "")
    while True:
        chosen = select(delivery_instances).where(table.delivery_id == delivery_id, key > tuple_(*last))
        chosen = chosen.order_by(table.study_instance_uid, table.sop_instance_uid).limit(PORTION)
        async with state.reading() as connection:
            rows = await bulk.fetch(connection, chosen)
        for row in rows:
            yield delivered_row_of(row)
        if len(rows) < PORTION:
            return
        last = rows[-1].study_instance_uid, rows[-1].sop_instance_uid
