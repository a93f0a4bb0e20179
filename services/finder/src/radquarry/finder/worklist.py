"""The worklist that follows an archive: orders, every night, the days that are new and those to be visited again."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Date, Integer, String, Table, select

from radquarry.bus.port import Publish
from radquarry.configuration.sections import Follow
from radquarry.finder.due import FIRST, Due, Followed, beginning, due, last_day, night_of
from radquarry.finder.seen import seen, tables
from radquarry.messages import CrawlRequested
from radquarry.state.store import State

LOOK_SECONDS = 30.0
TOGETHER = 100
NAMESPACE = UUID("5d1c2f6e-8b34-5c0e-9f0e-2d8a6b0c7e11")

followed = Table(
    "finder_followed",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("after_days", Integer, primary_key=True),
    Column("begun", Date, nullable=False),
    Column("day", Date, nullable=False),
)


def crawl_id_of(pacs: str, visit: Due) -> UUID:
    """The crawl of one visit of one day: the same from every replica and after every restart."""
    return uuid5(NAMESPACE, f"{pacs} {visit.day.isoformat()} {visit.after_days}")


Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


class Worklist:
    """Follows each PACS in `follow`; `now` gives the moment, `zone` makes it the hospital's time of the day."""

    def __init__(
        self, state: State, publish: Publish, follow: Mapping[str, Follow], zone: ZoneInfo, now: Clock = utc_now
    ) -> None:
        self._state = state
        self._publish = publish
        self._follow = follow
        self._zone = zone
        self._now = now
        self._nights: dict[str, date] = {}

    async def keep(self) -> None:
        """Look now and then whether a night's work is due."""
        while True:
            await self.order()
            await asyncio.sleep(LOOK_SECONDS)

    async def order(self) -> None:
        """Order what is due, once a night; published first and then written down, and twice is once."""
        now = self._now().astimezone(self._zone)
        for pacs, follow in self._follow.items():
            night = night_of(now, follow.at)
            if self._nights.get(pacs) != night:
                await self._order_night(pacs, night, follow.days)
                self._nights[pacs] = night

    async def _order_night(self, pacs: str, night: date, visits: Sequence[int]) -> None:
        known = await self._followed(pacs) or beginning(night)
        wanted = await self._worth_visiting(pacs, known, list(due(night, known, visits)))
        for some in _portions(wanted):
            await self._publish(*(_order(pacs, visit) for visit in some))
        rows = [
            {"pacs": pacs, "after_days": after_days, "begun": known.begun, "day": last_day(night, after_days)}
            for after_days in {FIRST, *visits}
            if last_day(night, after_days) > known.last.get(after_days, date.min)
        ]
        async with self._state.writing() as connection:
            await self._state.upsert(connection, followed, rows, "day")

    async def _followed(self, pacs: str) -> Followed | None:
        async with self._state.reading() as connection:
            rows = (await connection.execute(select(followed).where(followed.c.pacs == pacs))).all()
        if not rows:
            return None
        return Followed(min(row.begun for row in rows), {row.after_days: row.day for row in rows})

    async def _worth_visiting(self, pacs: str, known: Followed, visits: Sequence[Due]) -> list[Due]:
        """Days before following began are visited only where somebody had them crawled."""
        earlier = {visit.day for visit in visits if visit.day < known.begun}
        if not earlier:
            return list(visits)
        within = seen.c.day >= min(earlier), seen.c.day <= max(earlier)
        async with self._state.reading() as connection:
            crawled = set(await connection.scalars(select(seen.c.day).where(seen.c.pacs == pacs, *within)))
        return [visit for visit in visits if visit.day not in earlier or visit.day in crawled]


def _order(pacs: str, visit: Due) -> CrawlRequested:
    crawl_id = crawl_id_of(pacs, visit)
    days = {"start_date": visit.day, "end_date": visit.day}
    return CrawlRequested(
        trail=crawl_id, crawl_id=crawl_id, pacs=pacs, **days, requested_by="worklist", origin="worklist"
    )


def _portions(visits: Sequence[Due]) -> Iterator[Sequence[Due]]:
    for start in range(0, len(visits), TOGETHER):
        yield visits[start : start + TOGETHER]
