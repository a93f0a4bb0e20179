"""What has become of a delivery's files, all together: for its release report, its reports and its end."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from radquarry.exporter.release.checking import Finding
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.tables import instances
from radquarry.exporter.ways.port import Answer
from radquarry.state.store import State


class Account:
    """Reads the ledger of whole deliveries."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def outcomes(self, delivery_id: UUID, now_leaving: Collection[Answer]) -> list[Outcome]:
        """What became of each file of a delivery, for its report; `now_leaving` is about to be."""
        leaving = {(one.file.study_instance_uid, one.file.sop_instance_uid): one for one in now_leaving}
        order = (instances.c.study_instance_uid, instances.c.series_instance_uid, instances.c.sop_instance_uid)
        query = select(instances).where(instances.c.delivery_id == str(delivery_id)).order_by(*order)
        async with self._state.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            _outcome(number, row, leaving.get((row.study_instance_uid, row.sop_instance_uid)))
            for number, row in enumerate(rows, 1)
        ]

    async def studies(self, delivery_id: UUID, now_leaving: Collection[Answer]) -> list[str]:
        """The studies of which something has left, or is about to."""
        one = (instances.c.delivery_id == str(delivery_id)) & (instances.c.state == "delivered")
        async with self._state.reading() as connection:
            rows = (await connection.execute(select(instances.c.study_instance_uid).where(one).distinct())).all()
        leaving = {each.file.study_instance_uid for each in now_leaving if each.state == "delivered"}
        return sorted({row.study_instance_uid for row in rows} | leaving)

    async def findings(self, delivery_id: UUID) -> int:
        """What the release check found in files that were held back."""
        one = (instances.c.delivery_id == str(delivery_id)) & (instances.c.findings != "")
        async with self._state.reading() as connection:
            rows = (await connection.execute(select(instances.c.findings).where(one))).all()
        return sum(len(json.loads(row.findings)) for row in rows)


def _outcome(number: int, row: Any, leaving: Answer | None) -> Outcome:
    if leaving is not None and leaving.state == "delivered":
        return Outcome(number, "released", leaving.left_as, leaving.problem, (), row.own_values)
    if row.state == "delivered":
        return Outcome(number, "released", row.left_as, row.problem, (), row.own_values)
    found = tuple(Finding(where, what) for where, what in json.loads(row.findings or "[]"))
    return Outcome(number, "held back", "", row.problem or "it has not left", found, row.own_values)
