"""The worklist orders each visit of each day once, whatever dies, comes late or runs twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from radquarry.configuration.sections import Follow
from radquarry.errors import PeerAway
from radquarry.finder.__main__ import MIGRATIONS
from radquarry.finder.learning import Lesson
from radquarry.finder.seen import Seen
from radquarry.finder.sights import Sight
from radquarry.finder.worklist import Worklist
from radquarry.messages import CrawlRequested, FindWindow
from radquarry.state.migration import migrate
from radquarry.state.store import State
from tests.contracts.states import KINDS, empty_state
from tests.finder.said import Said
from tests.finder.shelves import a_study

NIGHT = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as fresh:
        await migrate(fresh, "finder", MIGRATIONS)
        yield fresh


class Clock:
    def __init__(self, now: datetime = NIGHT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def a_worklist(state: State, said: Said, clock: Clock, **pacs: Follow) -> Worklist:
    return Worklist(state, said, pacs or {"main": Follow()}, ZURICH, clock)


def ordered(said: Said) -> list[date]:
    orders = said.all(CrawlRequested)
    assert all(order.start_date == order.end_date and not order.modalities for order in orders)
    assert all(
        (order.origin, order.requested_by, order.trail) == ("worklist",) * 2 + (order.crawl_id,) for order in orders
    )
    return [order.start_date for order in orders]


async def test_following_begins_with_yesterday_and_not_with_history(state: State) -> None:
    said = Said()
    await a_worklist(state, said, Clock()).order()

    assert ordered(said) == [date(2026, 3, 9)]


async def test_days_that_somebody_had_crawled_are_visited_again(state: State) -> None:
    said, day = Said(), date(2026, 3, 2)
    window = FindWindow(crawl_id="00000000-0000-0000-0000-000000000001", pacs="main", day=day)
    sight = Sight(study=a_study(1, study_date=day), seen_at=NIGHT)
    await Seen(state).keep(window, 0, Lesson({"1.2.3.1": sight}))
    await a_worklist(state, said, Clock()).order()

    assert ordered(said) == [date(2026, 3, 9), day]


async def test_a_day_is_visited_again_after_so_many_days_each(state: State) -> None:
    said, clock = Said(), Clock()
    worklist = a_worklist(state, said, clock, main=Follow(days=(1, 3, 7)))
    visited: dict[date, list[int]] = {}
    for _ in range(10):
        before = len(said.messages)
        await worklist.order()
        for order in said.messages[before:]:
            visited.setdefault(order.start_date, []).append((clock.now.date() - order.start_date).days)
        clock.now += timedelta(days=1)

    assert visited[date(2026, 3, 9)] == [1, 2, 4, 8]
    assert len({order.crawl_id for order in said.messages}) == len(said.messages)


async def test_nights_that_were_missed_are_caught_up(state: State) -> None:
    said, clock = Said(), Clock()
    await a_worklist(state, said, clock).order()
    clock.now += timedelta(days=4)
    await a_worklist(state, said, clock).order()

    assert ordered(said) == [date(2026, 3, 9), *(date(2026, 3, 13 - age) for age in range(4)), date(2026, 3, 9)]


async def test_a_restart_or_the_same_night_orders_nothing_again(state: State) -> None:
    said, clock = Said(), Clock()
    for _ in range(3):
        worklist = a_worklist(state, said, clock)
        await worklist.order()
        clock.now += timedelta(hours=7)
        await worklist.order()

    assert len(ordered(said)) == 1


async def test_several_replicas_order_the_same_crawls(state: State) -> None:
    said = Said()
    await asyncio.gather(*(a_worklist(state, said, Clock()).order() for _ in range(4)))
    first = {order.crawl_id for order in said.messages}
    await a_worklist(state, said, Clock(NIGHT + timedelta(days=1))).order()

    assert len(first) == 1
    assert len({order.crawl_id for order in said.messages}) == 3


async def test_a_death_between_publishing_and_writing_says_it_again_under_the_same_name(state: State) -> None:
    said, clock = Said(), Clock()
    said.fails_at = 1
    worklist = a_worklist(state, said, clock)
    with pytest.raises(PeerAway):
        await worklist.order()
    said.fails_at = 0
    await worklist.order()
    again = Said()
    await a_worklist(state, again, clock).order()

    assert len(said.messages) == 1
    assert again.messages == []


async def test_each_pacs_has_its_own_hour_and_visits(state: State) -> None:
    said, clock = Said(), Clock()
    worklist = a_worklist(state, said, clock, early=Follow(at=time(1), days=()), late=Follow(at=time(22), days=(2,)))
    await worklist.order()
    early = [(order.pacs, order.start_date) for order in said.messages]
    clock.now = datetime(2026, 3, 10, 21, 0, tzinfo=UTC)
    await worklist.order()

    assert early == [("early", date(2026, 3, 9)), ("late", date(2026, 3, 8))]
    assert [(order.pacs, order.start_date) for order in said.messages[2:]] == [("late", date(2026, 3, 9))]
