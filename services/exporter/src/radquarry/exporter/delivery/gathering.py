"""Brings together what was ordered and what retrievals brought, in whatever order the two are heard of.

A study is ready when its retrieval has it whole and all names of its instances are here; an incomplete one when the
retrieval has ended. One that grew later is ready again, for what is new of it.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.errors import Transient
from radquarry.exporter.bell import Bell
from radquarry.exporter.delivery.orders import is_heard_out, lock, unheard
from radquarry.exporter.patience import Patience
from radquarry.exporter.tables import as_utc, brought, deliveries, instances, retrievals, retrieved, studies
from radquarry.state.store import State

AT_ONCE = 200
NOT_BROUGHT = "the retrieval did not bring it"

log = structlog.get_logger(__name__)


class Gathering:
    """Done by one loop in every exporter; doing it twice is doing it once.

    Retrievals of which something was heard here are looked at at once, all others now and then: what another exporter
    heard of and did not look at before it died, and what was only waited for.
    """

    def __init__(self, state: State, clock: Callable[[], datetime], patience: Patience) -> None:
        self._state = state
        self._clock = clock
        self._patience = patience
        self._heard: set[str] = set()
        self._looked_at = -math.inf

    def heard(self, retrieval_id: UUID) -> None:
        """Something is new of it, or of a delivery of it."""
        self._heard.add(str(retrieval_id))

    async def gather(self) -> int:
        """Whatever became ready since; how many studies that were."""
        if time.monotonic() - self._looked_at > self._patience.look:
            found = await self._gathered(true())
            self._looked_at = -math.inf if found else time.monotonic()
            return found
        among, self._heard = self._heard, set()
        found = 1
        try:
            found = await self._gathered(deliveries.c.retrieval_id.in_(sorted(among))) if among else 0
        finally:
            if found:
                self._heard |= among  # there may be more, or what was begun has failed
        return found

    async def _gathered(self, among: ColumnElement[bool]) -> int:
        ready = 0
        async with self._state.reading() as connection:
            unknown = (await connection.execute(self._unknown().where(among).limit(AT_ONCE))).all()
            settled = (await connection.execute(self._settled().where(among).limit(AT_ONCE))).all()
            absent = (await connection.execute(self._absent().where(among).limit(AT_ONCE))).all()
        if unknown:
            now = self._clock()
            rows = [unheard(row.delivery_id, row.study_instance_uid, now) for row in unknown]
            async with self._state.writing() as connection:
                await self._state.upsert(connection, studies, rows)
        for row in settled:
            ready += await self._merge(row)
        for row in absent:
            await self._give_up(row)
        return ready + len(absent) + len(unknown)

    def _open(self) -> Any:
        young = deliveries.c.requested_at >= self._clock() - timedelta(seconds=self._patience.grows)
        return and_(deliveries.c.state == "running", or_(deliveries.c.closed_at.is_(None), young))

    def _unknown(self) -> Select[Any]:
        """Studies of retrievals that deliveries of everything do not know yet."""
        known = exists().where(
            studies.c.delivery_id == deliveries.c.delivery_id,
            studies.c.study_instance_uid == retrieved.c.study_instance_uid,
        )
        query = select(deliveries.c.delivery_id, retrieved.c.study_instance_uid)
        query = query.join(retrieved, retrieved.c.retrieval_id == deliveries.c.retrieval_id)
        return query.where(self._open(), ~deliveries.c.chosen, ~known)

    def _settled(self) -> Select[Any]:
        """Known studies of which their retrieval has said more than we have seen, and that may leave."""
        ended = exists().where(retrievals.c.retrieval_id == deliveries.c.retrieval_id).correlate(deliveries)
        whole = retrieved.c.state == "complete"
        query = (
            select(studies.c.delivery_id, studies.c.seen, retrieved, retrievals.c.heard_at)
            .join(deliveries, deliveries.c.delivery_id == studies.c.delivery_id)
            .join(
                retrieved,
                (retrieved.c.retrieval_id == deliveries.c.retrieval_id)
                & (retrieved.c.study_instance_uid == studies.c.study_instance_uid),
            )
            .outerjoin(retrievals, retrievals.c.retrieval_id == deliveries.c.retrieval_id)
        )
        may_leave = or_(whole, and_(retrieved.c.state.in_(("incomplete", "cancelled")), ended))
        return query.where(self._open(), studies.c.seen < retrieved.c.revision, may_leave)

    def _absent(self) -> Select[Any]:
        """Ordered studies that are not in the retrieval, which has ended."""
        there = exists().where(
            retrieved.c.retrieval_id == deliveries.c.retrieval_id,
            retrieved.c.study_instance_uid == studies.c.study_instance_uid,
        )
        query = select(studies.c.delivery_id, studies.c.study_instance_uid)
        query = query.join(deliveries, deliveries.c.delivery_id == studies.c.delivery_id)
        over = is_heard_out(self._clock() - timedelta(seconds=self._patience.late))
        return query.where(self._open(), studies.c.seen < 0, ~there, over)

    async def _merge(self, row: Any) -> bool:
        """Enter its instances; False when not all that was said of it is here yet."""
        names = select(brought).where(
            brought.c.retrieval_id == row.retrieval_id, brought.c.study_instance_uid == row.study_instance_uid
        )
        async with self._state.writing() as connection:
            study = await lock(connection, self._state.dialect, row.delivery_id, row.study_instance_uid)
            found = (await connection.execute(names)).all()
            if study is None or study.seen >= row.revision or not self._is_here(row, len(found)):
                return False
            is_more = await self._enter(connection, row.delivery_id, found)
            expected = max(row.expected or 0, len(found))
            lack = row.problem if row.state != "complete" else ""
            values: dict[str, Any] = {"seen": row.revision, "expected": expected, "lack": lack}
            if is_more or study.seen < 0 or study.expected != expected:
                values |= {"state": "requested", "due": self._clock(), "problem": ""}
                opened = update(deliveries).where(deliveries.c.delivery_id == row.delivery_id)
                was_closed = deliveries.c.closed_at.is_not(None)
                await connection.execute(opened.where(was_closed).values(closed_at=None, attempts=0, problem=""))
            one = (studies.c.delivery_id == row.delivery_id) & (studies.c.study_instance_uid == row.study_instance_uid)
            await connection.execute(update(studies).where(one).values(**values))
        return True

    def _is_here(self, row: Any, names: int) -> bool:
        """The instances of a large study come in several messages; a PACS may count more than it names."""
        late = self._clock() - timedelta(seconds=self._patience.late)
        return names >= (row.expected or 0) or (row.heard_at is not None and as_utc(row.heard_at) < late)

    async def _enter(self, connection: AsyncConnection, delivery_id: str, found: Sequence[Any]) -> bool:
        """New rows of the ledger, and those that came after all; whether there are any."""
        if not found:
            return False
        of = (instances.c.delivery_id == delivery_id) & (instances.c.study_instance_uid == found[0].study_instance_uid)
        known = {
            one.sop_instance_uid: one.state for one in (await connection.execute(select(instances).where(of))).all()
        }
        fresh = [one for one in found if one.sop_instance_uid not in known]
        await self._state.upsert(connection, instances, [_row(delivery_id, one) for one in fresh])
        came = [one.sop_instance_uid for one in found if one.received and known.get(one.sop_instance_uid) == "missing"]
        for start in range(0, len(came), AT_ONCE):
            some = instances.c.sop_instance_uid.in_(came[start : start + AT_ONCE])
            again = {"state": "expected", "problem": "", "attempts": 0, "due": None}
            await connection.execute(update(instances).where(of, some).values(**again))
        return bool(fresh or came)

    async def _give_up(self, row: Any) -> None:
        one = (studies.c.delivery_id == row.delivery_id) & (studies.c.study_instance_uid == row.study_instance_uid)
        lack = "the retrieval does not hold this study"
        values = {"seen": 0, "expected": 0, "lack": lack, "state": "requested", "due": self._clock()}
        async with self._state.writing() as connection:
            await connection.execute(update(studies).where(one, studies.c.seen < 0).values(**values))


def _row(delivery_id: str, one: Any) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id,
        "study_instance_uid": one.study_instance_uid,
        "sop_instance_uid": one.sop_instance_uid,
        "series_instance_uid": one.series_instance_uid,
        "state": "expected" if one.received else "missing",
        "problem": "" if one.received else one.problem or NOT_BROUGHT,
        "is_taken": False,
        "sent": 0,
        "sha256": "",
        "left_as": "",
        "findings": "",
        "own_values": 0,
    }


async def gather_studies(gathering: Gathering, bell: Bell, patience: Patience) -> None:
    """Until cancelled."""
    while True:
        try:
            while await gathering.gather():
                bell.ring()
            await bell.wait(patience.idle)
        except Transient as error:
            log.warning("deliveries wait for what was brought", reason=str(error))
            await asyncio.sleep(patience.idle)
