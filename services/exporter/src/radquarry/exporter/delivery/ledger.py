"""The ledger of a delivery: one row for each instance that was to leave, and what became of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Update, and_, bindparam, func, select, update

from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.tables import as_utc, brought, deliveries, instances
from radquarry.exporter.ways.port import Answer
from radquarry.messages import InstanceDelivery
from radquarry.state.store import State

PORTION = 500
Item = TypeVar("Item")


@dataclass(frozen=True)
class Expected:
    """An instance that is to leave; `sha256` is of its file in the archive, empty where nobody knows."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sha256: str = ""
    is_taken: bool = False
    problem: str = ""
    sent: int = 0
    broke_off: bool = False


@dataclass(frozen=True)
class Kept:
    """An instance that does not leave, and why; `outcome` is the engine's where it looked at it."""

    instance: Expected
    state: Literal["held back", "missing", "failed"]
    problem: str
    outcome: Outcome | None = None


class Ledger:
    """Of all deliveries."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock

    async def pending(self, of: Consignment, studies: Sequence[str], *, whole: bool = False) -> list[Expected]:
        """What is to leave of some studies now; with `whole` also what is not due yet."""
        mine = and_(
            brought.c.retrieval_id == str(of.retrieval_id),
            brought.c.study_instance_uid == instances.c.study_instance_uid,
            brought.c.sop_instance_uid == instances.c.sop_instance_uid,
        )
        query = select(instances, brought.c.sha256.label("stored_sha256"), brought.c.problem.label("lack")).outerjoin(
            brought, mine
        )
        query = query.order_by(
            instances.c.study_instance_uid, instances.c.series_instance_uid, instances.c.sop_instance_uid
        )
        found: list[Expected] = []
        for some in portions(studies):
            one = of_studies(of.delivery_id, some) & (instances.c.state == "expected")
            if not whole:
                one &= is_due(self._clock())
            async with self._state.reading() as connection:
                rows = (await connection.execute(query.where(one))).all()
            found += [
                Expected(
                    row.study_instance_uid,
                    row.series_instance_uid,
                    row.sop_instance_uid,
                    row.stored_sha256 or "",
                    row.is_taken,
                    row.problem or row.lack or "",
                    row.sent,
                    row.broke_off,
                )
                for row in rows
            ]
        return found

    async def answered(self, delivery_id: UUID, answers: Sequence[Answer], parcel: int | None = None) -> None:
        """What the destination said; with that at once, that so many parcels have left."""
        now = self._clock()
        states = {"delivered": "delivered", "failed": "failed", "later": "expected", "taken": "expected"}
        rows = [
            {
                "of_study": one.file.study_instance_uid,
                "of_instance": one.file.sop_instance_uid,
                "to_state": states[one.state],
                "to_problem": one.problem,
                "to_taken": one.state == "taken",
                "to_broke_off": one.broke_off,
                "to_at": now if one.state == "delivered" else None,
                "to_bytes": one.file.bytes if one.state in ("delivered", "taken") else None,
                "to_sha256": one.file.sha256 if one.state in ("delivered", "taken") else "",
                "to_place": one.left_as,
            }
            for one in answers
        ]
        values: dict[str, Any] = {
            "state": bindparam("to_state"),
            "problem": bindparam("to_problem"),
            "is_taken": bindparam("to_taken"),
            "broke_off": bindparam("to_broke_off"),
            "delivered_at": bindparam("to_at"),
            "bytes": bindparam("to_bytes"),
            "sha256": bindparam("to_sha256"),
            "left_as": bindparam("to_place"),
        }
        one = update(deliveries).where(deliveries.c.delivery_id == str(delivery_id))
        await self._update(delivery_id, rows, values, one.values(parcels=parcel) if parcel is not None else None)

    async def kept(self, delivery_id: UUID, kept: Sequence[Kept]) -> None:
        """What does not leave."""
        rows = [
            {
                "of_study": one.instance.study_instance_uid,
                "of_instance": one.instance.sop_instance_uid,
                "to_state": one.state,
                "to_problem": one.problem,
                "to_findings": findings_as_json(one.outcome),
                "to_values": one.outcome.own_values_found if one.outcome else 0,
            }
            for one in kept
        ]
        values: dict[str, Any] = {
            "state": bindparam("to_state"),
            "problem": bindparam("to_problem"),
            "findings": bindparam("to_findings"),
            "own_values": bindparam("to_values"),
            "is_taken": False,
        }
        await self._update(delivery_id, rows, values)

    async def goes(self, delivery_id: UUID, going: Sequence[tuple[Expected, int]]) -> None:
        """These are about to be sent; the number is that of the patient's values that were cleaned away."""
        rows = [
            {
                "of_study": one.study_instance_uid,
                "of_instance": one.sop_instance_uid,
                "to_sent": one.sent if one.is_taken else one.sent + 1,
                "to_values": values,
            }
            for one, values in going
        ]
        await self._update(delivery_id, rows, {"sent": bindparam("to_sent"), "own_values": bindparam("to_values")})

    async def states(self, delivery_id: UUID, study: str) -> tuple[list[InstanceDelivery], int]:
        """What became of each of a study, and how many are still to leave."""
        query = select(instances).where(of_studies(delivery_id, [study])).order_by(instances.c.sop_instance_uid)
        async with self._state.reading() as connection:
            rows = (await connection.execute(query)).all()
        told = [
            InstanceDelivery(
                series_instance_uid=row.series_instance_uid,
                sop_instance_uid=row.sop_instance_uid,
                state=row.state,
                problem=row.problem,
                delivered_at=as_utc(row.delivered_at) if row.delivered_at else None,
            )
            for row in rows
            if row.state != "expected"
        ]
        return told, len(rows) - len(told)

    async def reason(self, delivery_id: UUID, study: str) -> str:
        """Why something of a study has not left yet."""
        one = of_studies(delivery_id, [study]) & (instances.c.state == "expected") & (instances.c.problem != "")
        async with self._state.reading() as connection:
            return await connection.scalar(select(instances.c.problem).where(one).limit(1)) or ""

    async def counts(self, delivery_id: UUID, study: str) -> dict[str, int]:
        """How many of a study are in which state."""
        query = select(instances.c.state, func.count().label("number")).where(of_studies(delivery_id, [study]))
        async with self._state.reading() as connection:
            rows = (await connection.execute(query.group_by(instances.c.state))).all()
        return {row.state: row.number for row in rows}

    async def _update(
        self, delivery_id: UUID, rows: Sequence[dict[str, Any]], values: dict[str, Any], also: Update | None = None
    ) -> None:
        statement = update(instances).where(
            instances.c.delivery_id == str(delivery_id),
            instances.c.study_instance_uid == bindparam("of_study"),
            instances.c.sop_instance_uid == bindparam("of_instance"),
            instances.c.state == "expected",
        )
        async with self._state.writing() as connection:
            for some in portions(rows):
                await connection.execute(statement.values(**values), some)
            if also is not None:
                await connection.execute(also)


def findings_as_json(outcome: Outcome | None) -> str:
    """Where, and what kind of thing; never a value."""
    if outcome is None or not outcome.findings:
        return ""
    return json.dumps([[finding.where, finding.what] for finding in outcome.findings])


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether an instance may be tried again."""
    return instances.c.due.is_(None) | (instances.c.due <= now)


def of_studies(delivery_id: UUID, studies: Sequence[str]) -> ColumnElement[bool]:
    """The instances of some studies of a delivery."""
    return (instances.c.delivery_id == str(delivery_id)) & instances.c.study_instance_uid.in_(studies)


def portions(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """As many at a time as a statement takes."""
    for start in range(0, len(items), PORTION):
        yield items[start : start + PORTION]
