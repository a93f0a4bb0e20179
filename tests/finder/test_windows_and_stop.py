"""What an administrator allows, proven by what the PACS itself saw of finder and mover together."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.traffic import Entry
from radquarry.messages import (
    CrawlCompleted,
    CrawlPlanned,
    EchoPacs,
    LimitPacs,
    LoadLimits,
    PacsEchoed,
    PacsLimited,
    PacsStopped,
    RetrievalCompleted,
    StartPacs,
    StopPacs,
)
from tests.finder.shared_load import REQUESTS, TRAFFIC, SharedLoad, TurnedClock, busy_hospital, sharing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ZURICH = ZoneInfo("Europe/Zurich")
ON_ITS_WAY = timedelta(seconds=2)
"""What left within the window may still be on the wire when it ends."""
ENDS = timedelta(seconds=5)
NIGHTS = ["mon-fri 20:00-08:00"]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def local(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    """In 2026, by the hospital's clock; 9 March is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZURICH)


class Week:
    """A hospital's week: the clock is turned to where something changes, and both services always have work."""

    def __init__(self, load: SharedLoad, clock: TurnedClock) -> None:
        self.load = load
        self.clock = clock
        self._ordered = 0

    async def order(self) -> None:
        """More work for both; the retrieval first, else a crawl would hold all associations for its turn."""
        await self.load.retrieve(3, skip=self._ordered)
        self.crawl_id = await self.load.crawl(200)
        self._ordered += 3

    async def is_asked_from(self, moment: datetime, *kinds: str) -> None:
        """The PACS is asked at or after `moment`."""
        wanted = kinds or ("c-find",)
        await self.load.sees(
            lambda: all(any(self.clock.at(entry.at) >= moment for entry in self.load.seen(kind)) for kind in wanted)
        )

    async def closes_at(self, moment: datetime) -> None:
        """Asked until then, the PACS sees the end of all traffic soon after, while the clock runs on by itself."""
        self.clock.turn_to(moment - 30 * SECOND)
        await self.order()
        await self.is_asked_from(moment - 30 * SECOND)
        self.clock.turn_to(moment - SECOND)
        await asyncio.sleep((moment + ENDS + 2 * SECOND - self.clock()) / SECOND)
        assert self.load.open_associations() == 0

    async def is_left_alone(self, moment: datetime) -> None:
        """Turned to `moment`, nothing comes, whatever is ordered."""
        self.clock.turn_to(moment)
        begun = time.time()
        await self.order()
        await self.load.rig.until(lambda: self.load.rig.all(CrawlPlanned, crawl_id=self.crawl_id))
        await asyncio.sleep(1.5)
        assert self.load.seen(*TRAFFIC, since=begun) == []

    def outside(self, *windows: tuple[datetime, datetime]) -> list[str]:
        """Requests and associations that came in none of these."""
        seen = [(entry.kind, self.clock.at(entry.at)) for entry in self.load.seen(*REQUESTS, "association", "refused")]
        return [
            f"{kind} at {at.astimezone(ZURICH)}"
            for kind, at in seen
            if not any(begin <= at <= end + ON_ITS_WAY for begin, end in windows)
        ]


async def test_no_request_comes_outside_the_windows_of_nights_weekends_and_holidays(tmp_path: Path) -> None:
    load = {"associations": 3, "windows": NIGHTS, "holidays": ["2026-03-11"]}
    clock = TurnedClock(local(9, 19, 59) + 58 * SECOND)
    with Hospital(busy_hospital(store_delay_ms=100)) as hospital:
        async with sharing(hospital, tmp_path, clock, load=load) as shared:
            week = Week(shared, clock)
            await week.order()
            await week.is_asked_from(local(9, 20), "c-find", "c-move")
            clock.turn_to(local(10, 0) - SECOND)
            await week.order()
            await week.is_asked_from(local(10, 0))
            await week.closes_at(local(10, 8))
            await week.is_left_alone(local(10, 19, 59))
            await week.closes_at(local(11, 8))
            await week.is_left_alone(local(11, 23))
            await week.is_left_alone(local(12, 7))
            await week.closes_at(local(14, 8))
            await week.is_left_alone(local(14, 21))
            nights = [(local(9, 20), local(10, 8)), (local(10, 20), local(11, 8)), (local(13, 20), local(14, 8))]
            assert week.outside(*nights) == []
            assert week.outside(*nights[:2]), "with another calendar this test would fail"


async def test_windows_follow_the_clock_on_the_wall_when_summer_time_begins_and_ends(tmp_path: Path) -> None:
    load = {"associations": 3, "windows": ["sun 01:30-02:30"]}
    begin, end = datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    twice = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    clock = TurnedClock(begin - 30 * SECOND)
    with Hospital(busy_hospital()) as hospital:
        async with sharing(hospital, tmp_path, clock, load=load) as shared:
            week = Week(shared, clock)
            await week.is_left_alone(begin - 30 * SECOND)
            await week.closes_at(end)
            await week.is_left_alone(datetime(2026, 10, 24, 23, 0, tzinfo=UTC))
            for first_or_second_time in (0, 1):
                await week.closes_at(twice + timedelta(hours=1 + first_or_second_time))
            assert week.outside((begin, end), (twice, twice + timedelta(hours=1))) != []
            again = (twice + timedelta(hours=1, minutes=30), twice + timedelta(hours=2))
            assert week.outside((begin, end), (twice, twice + timedelta(hours=1)), again) == []


async def test_a_stop_ends_the_traffic_of_all_within_five_seconds_and_a_restart_leaves_it_so(tmp_path: Path) -> None:
    load = {"associations": 4}
    with Hospital(busy_hospital(store_delay_ms=400, answer_delay_ms=50)) as hospital:
        async with sharing(hospital, tmp_path, load=load) as shared:
            await shared.retrieve(4)
            await shared.sees(lambda: len(shared.seen("c-store")) > 2)
            await shared.crawl(60)
            await shared.sees(lambda: any(is_of_the_finder(entry) for entry in shared.seen("c-find")))
            assert 1 < shared.most_open(60) <= load["associations"]
            stopped_at = time.time()
            await shared.rig.bus.publish(StopPacs(pacs="main", requested_by="admin"))
            await shared.sees(lambda: shared.open_associations() == 0, seconds=10)
            ended_at = max(entry.ended for entry in shared.seen("association"))
            assert ended_at - stopped_at < ENDS.total_seconds()
            await shared.rig.until(lambda: shared.rig.all(PacsStopped))
            await shared.crawl(5)
            await asyncio.sleep(3)
            assert shared.seen(*TRAFFIC, since=stopped_at + ENDS.total_seconds()) == []
        restarted_at = time.time()
        async with sharing(hospital, tmp_path, load=load) as shared:
            await shared.retrieve(2, skip=10)
            await shared.crawl(5)
            await shared.rig.bus.publish(EchoPacs(pacs="main"))
            await shared.rig.until(lambda: shared.rig.all(PacsEchoed))
            await asyncio.sleep(3)
            assert shared.seen(*TRAFFIC, since=restarted_at) == []
            hospital.faults.switch({"pacs": {"store_delay_ms": 0, "answer_delay_ms": 0}})
            await shared.rig.bus.publish(StartPacs(pacs="main", requested_by="admin"))
            await shared.rig.until(lambda: len(shared.rig.all(CrawlCompleted)) == 3, 120)
            await shared.rig.until(lambda: len(shared.rig.all(RetrievalCompleted)) == 2, 120)
            assert {end.state for end in shared.rig.all(RetrievalCompleted)} == {"complete"}


def is_of_the_finder(entry: Entry) -> bool:
    """The mover asks for no studies, only for what they consist of."""
    return entry.kind == "c-find" and entry.detail.get("level") == "STUDY"


async def test_requests_an_hour_are_kept_by_finder_and_mover_together(tmp_path: Path) -> None:
    per_hour, hour = 30, timedelta(hours=1)
    clock = TurnedClock(local(9, 0))
    with Hospital(busy_hospital()) as hospital:
        async with sharing(
            hospital, tmp_path, clock, load={"associations": 4, "requests_per_hour": per_hour}
        ) as shared:
            await shared.retrieve(20)
            await shared.sees(lambda: shared.seen("c-find"))
            await shared.crawl(200)
            while clock() < local(9, 1, 30):
                clock.turn(30 * SECOND)
                await asyncio.sleep(0.1)
            asked = [(clock.at(entry.at), entry) for entry in shared.seen(*REQUESTS)]
            most = max(sum(begin <= at < begin + hour - 2 * MINUTE for at, _ in asked) for begin, _ in asked)
            assert per_hour / 3 < most <= per_hour
            assert {is_of_the_finder(entry) for _, entry in asked} == {True, False}

            await shared.rig.bus.publish(
                LimitPacs(pacs="main", limits=LoadLimits(associations=4), requested_by="admin")
            )
            freed_at = time.time()
            await shared.rig.until(lambda: len(shared.rig.all(PacsLimited)) > 1)
            await shared.sees(lambda: len(shared.seen(*REQUESTS, since=freed_at)) > 2 * per_hour)
            assert clock() < local(9, 2), "so much in less than an hour: it was the limit that held it back"


async def test_who_is_refused_asks_less_and_gets_all_its_associations_back(tmp_path: Path) -> None:
    clock = TurnedClock(local(9, 0))
    with Hospital(busy_hospital(max_associations=1, answer_delay_ms=30)) as hospital:
        async with sharing(hospital, tmp_path, clock, load={"associations": 4}) as shared:
            await shared.crawl(300)
            await shared.sees(lambda: len(shared.seen("refused")) >= 2)
            await asyncio.sleep(6)
            settled_at = time.time()
            await asyncio.sleep(4)
            assert len(shared.seen("refused", since=settled_at)) <= 3
            assert shared.seen("c-find", since=settled_at)
            hospital.faults.switch({"pacs": {"max_associations": 0}})
            await recovers(shared, clock)


async def test_a_pacs_that_becomes_slow_is_asked_by_fewer_until_it_is_quick_again(tmp_path: Path) -> None:
    clock = TurnedClock(local(9, 0))
    with Hospital(busy_hospital(answer_delay_ms=30)) as hospital:
        async with sharing(hospital, tmp_path, clock, load={"associations": 4}) as shared:
            await shared.crawl(300)
            await shared.sees(lambda: shared.most_open(120) == 4 and len(shared.seen("c-find")) > 60, seconds=90)
            hospital.faults.switch({"pacs": {"answer_delay_ms": 700}})
            await shared.sees(lambda: shared.most_open(3) == 1, seconds=90)
            hospital.faults.switch({"pacs": {"answer_delay_ms": 30}})
            await recovers(shared, clock)


async def recovers(shared: SharedLoad, clock: TurnedClock) -> None:
    """One association after the other comes back, half a minute each by the clock."""
    counts = [shared.most_open(1)]
    while counts[-1] < 4 and len(counts) < 30:
        clock.turn(31 * SECOND)
        await shared.crawl(150)
        await asyncio.sleep(1.2)
        counts.append(shared.most_open(1))
    assert counts[0] == 1
    assert counts[-1] == 4, counts
    assert any(count in (2, 3) for count in counts), "not all at once"
