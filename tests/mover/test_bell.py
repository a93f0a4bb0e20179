"""Whoever looks first and waits afterwards misses nothing that happened while he looked."""

import asyncio

from radquarry.mover.bell import Arrivals, Bell

SOON, ENOUGH = 0.05, 20.0
STUDY, OTHER = "1.2.3", "1.2.4"


async def test_a_ring_while_one_looks_is_heard() -> None:
    bell = Bell()
    ring = bell.next_ring()

    bell.ring()

    assert await ring.wait(ENOUGH)
    assert not await bell.next_ring().wait(SOON)


async def test_a_ring_wakes_everybody_who_waits() -> None:
    bell = Bell()
    waiting = [asyncio.create_task(bell.next_ring().wait(ENOUGH)) for _ in range(3)]
    await asyncio.sleep(0)

    bell.ring()

    assert all(await asyncio.gather(*waiting))


async def test_news_of_a_study_before_one_waits_is_told_once() -> None:
    arrivals = Arrivals()
    news = arrivals.of(STUDY)
    arrivals.entered([OTHER, STUDY], 0.0)

    await asyncio.wait_for(news.wait(ENOUGH), ENOUGH / 2)

    waits = asyncio.create_task(news.wait(ENOUGH))
    await asyncio.wait({waits}, timeout=SOON)
    assert not waits.done()
    arrivals.entered([STUDY], 0.0)
    await asyncio.wait_for(waits, ENOUGH / 2)


async def test_news_of_another_study_wakes_nobody() -> None:
    arrivals = Arrivals()
    waits = asyncio.create_task(arrivals.of(STUDY).wait(ENOUGH))
    await asyncio.sleep(0)

    arrivals.entered([OTHER], 0.0)

    await asyncio.wait({waits}, timeout=SOON)
    assert not waits.done()
    waits.cancel()


async def test_what_nobody_waits_for_is_not_kept() -> None:
    arrivals = Arrivals()
    news = arrivals.of(STUDY)
    assert len(arrivals._wanted) == 1

    del news

    assert len(arrivals._wanted) == 0


async def test_how_late_the_news_is_has_a_bound() -> None:
    arrivals = Arrivals()
    seen = []
    for behind in (2.0, 3600.0, -5.0):
        arrivals.entered([], behind)
        seen.append(arrivals.behind)

    assert seen == [2.0, 30.0, 0.0]
