"""A question who is behind a pseudonym that nobody decides is refused by time."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update

from radquarry.api.audit import audit
from radquarry.api.delivery_tables import reidentifications
from radquarry.api.exchange import Exchange
from radquarry.errors import PeerAway
from radquarry.state.store import State

log = structlog.get_logger(__name__)

KEEP_SECONDS = 60.0
NOBODY = "(nobody)"
IN_NO_TIME = "Nobody decided in time."

_TABLE = reidentifications.c
UNDECIDED = and_(_TABLE.approved_at.is_(None), _TABLE.refused_at.is_(None))


def asked_as(reidentification_id: UUID) -> ColumnElement[bool]:
    """Its row."""
    return _TABLE.reidentification_id == reidentification_id


def waits(now: datetime) -> ColumnElement[bool]:
    """Whether it can still be decided."""
    return and_(UNDECIDED, or_(_TABLE.expires_at.is_(None), _TABLE.expires_at > now))


class Deadlines:
    """Writes down, once each, that questions have lapsed; that they may not be decided any more holds before."""

    def __init__(self, state: State, exchange: Exchange, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._exchange = exchange
        self._clock = clock

    async def keep(self) -> None:
        """For ever."""
        while True:
            try:
                await self.look_after(self._clock())
            except PeerAway as error:
                log.warning("questions about pseudonyms could not be looked after", reason=str(error))
            await asyncio.sleep(KEEP_SECONDS)

    async def look_after(self, now: datetime) -> None:
        """One round of `keep`."""
        late = select(_TABLE.reidentification_id, _TABLE.requested_by).where(UNDECIDED, _TABLE.expires_at <= now)
        async with self._state.reading() as connection:
            rows = (await connection.execute(late.limit(1000))).all()
        for row in rows:
            await self._lapse(row.reidentification_id, row.requested_by)

    async def _lapse(self, reidentification_id: UUID, requested_by: str) -> None:
        undecided = update(reidentifications).where(asked_as(reidentification_id), UNDECIDED)
        told = {"refused_by": "", "refused_at": _TABLE.expires_at, "refusal": IN_NO_TIME}
        async with self._state.writing() as connection:
            is_ours = (await connection.execute(undecided.values(told))).rowcount == 1
        if is_ours:
            about = {"reidentification_id": str(reidentification_id), "requested_by": requested_by}
            audit("reidentification lapsed", NOBODY, **about)
            # an approval that broke off may have been answered
            await asyncio.to_thread(self._exchange.forget_originals, reidentification_id)
