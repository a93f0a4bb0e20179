"""At most so many studies an hour from a PACS, evenly, over all movers together."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from radquarry.mover.tables import as_utc, paces
from radquarry.state.store import State


class Pace:
    """A bucket with a minute's worth of studies that fills evenly: no hour sees more than its limit."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock

    async def take(self, pacs: str, per_hour: int | None) -> float:
        """0.0 when one more study may begin, and it counts; else the seconds until one may."""
        if per_hour is None:
            return 0.0
        at_once = per_hour // 60
        each = timedelta(hours=1) / max(1, per_hour - at_once)
        async with self._state.writing() as connection:
            now = self._clock()
            query = select(paces.c.next_at).where(paces.c.pacs == pacs)
            if self._state.dialect == "postgresql":
                await self._state.upsert(connection, paces, [{"pacs": pacs, "next_at": now}])
                query = query.with_for_update()
            written = await connection.scalar(query)
            next_at = max(as_utc(written), now) if written else now
            ahead = next_at - now - each * at_once
            if ahead > timedelta():
                return ahead.total_seconds()
            await self._state.upsert(connection, paces, [{"pacs": pacs, "next_at": next_at + each}], "next_at")
            return 0.0
