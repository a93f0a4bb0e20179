"""Crawls that are cancelled, stopped or never possible, and what an echo says."""

import asyncio
import threading
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from radquarry.messages import (
    CancelCrawl,
    CrawlCompleted,
    CrawlPlanned,
    EchoPacs,
    PacsEchoed,
    PacsStarted,
    PacsStopped,
    StartPacs,
    StopPacs,
    WindowClosed,
)
from tests.finder.answering import answering, study_row
from tests.finder.rig import finder_at
from tests.finder.shelf_pacs import UNCLOSED, ShelfPacs, serving
from tests.finder.shelves import DAY, over_days, uids


async def test_a_cancelled_crawl_asks_no_more(tmp_path: Path):
    shelves = ShelfPacs(over_days(5, 5))
    crawl_id = uuid4()
    with serving(shelves) as peer:
        async with finder_at(tmp_path, peer) as rig:
            await rig.bus.publish(CancelCrawl(crawl_id=crawl_id))
            await rig.until(lambda: rig.all(CrawlCompleted))
            await rig.order(DAY - timedelta(days=4), DAY, crawl_id=crawl_id)
            await rig.until(lambda: len(rig.all(WindowClosed)) == 5)
    assert shelves.levels == []
    assert all(completed.cancelled for completed in rig.all(CrawlCompleted))


async def test_a_stopped_pacs_is_left_alone_until_it_is_started(tmp_path: Path):
    shelves = ShelfPacs(over_days(6, 6))
    with serving(shelves) as peer:
        async with finder_at(tmp_path, peer) as rig:
            await rig.bus.publish(StopPacs(pacs="main", requested_by="admin"))
            await rig.until(lambda: rig.all(PacsStopped))
            await rig.order(DAY - timedelta(days=5), DAY)
            await rig.until(lambda: rig.all(CrawlPlanned))
            await rig.bus.publish(EchoPacs(pacs="main"))
            await rig.until(lambda: rig.all(PacsEchoed))
            assert shelves.levels == []
            await rig.bus.publish(StartPacs(pacs="main"))
            await rig.until(lambda: rig.all(PacsStarted))
            await rig.until(lambda: rig.all(CrawlCompleted))
    assert "stopped" in rig.all(PacsEchoed)[0].problem
    assert set(rig.uids) == uids(shelves.studies)


async def test_a_stop_ends_a_query_under_way_within_five_seconds(tmp_path: Path):
    asked, left = threading.Event(), threading.Event()

    def without_end(event):
        asked.set()
        try:
            while not event.assoc.acse.is_aborted():
                left.wait(0.02)  # pynetdicom reads nothing while it has rows to send
                yield 0xFF00, study_row(1, StudyDate="20240517")
        finally:
            left.set()

    with answering(without_end) as peer:
        async with finder_at(tmp_path, peer) as rig:
            await rig.order(DAY)
            await asyncio.to_thread(asked.wait, 20)
            await rig.bus.publish(StopPacs(pacs="main"))
            await rig.until(lambda: rig.all(PacsStopped))
            assert await asyncio.to_thread(left.wait, 5)
            assert rig.all(WindowClosed) == []


async def test_an_echo_says_whether_the_pacs_answers(tmp_path: Path):
    with serving(ShelfPacs([])) as peer:
        async with finder_at(tmp_path, peer) as rig:
            await rig.bus.publish(EchoPacs(pacs="main"))
            await rig.until(lambda: rig.all(PacsEchoed))
    echoed = rig.all(PacsEchoed)[0]
    assert echoed.answered
    assert echoed.milliseconds is not None


@UNCLOSED
async def test_an_echo_of_nothing_says_where_it_looked(tmp_path: Path):
    with serving(ShelfPacs([])) as gone:
        pass
    async with finder_at(tmp_path, gone) as rig:
        await rig.bus.publish(EchoPacs(pacs="main"))
        await rig.until(lambda: rig.all(PacsEchoed))
    assert not rig.all(PacsEchoed)[0].answered
    assert f"127.0.0.1:{gone.port}" in rig.all(PacsEchoed)[0].problem


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pacs": "elsewhere"}, "no PACS 'elsewhere' is configured; known: main"),
        ({"end_date": DAY - timedelta(days=1)}, "lies after end_date"),
        ({"start_date": date(1800, 1, 1)}, "more than 200 years"),
        ({"modalities": ("C*",)}, "without wildcards"),
    ],
)
async def test_a_crawl_that_cannot_be_is_parked_with_what_to_mend(tmp_path: Path, fields, words):
    with serving(ShelfPacs([])) as peer:
        async with finder_at(tmp_path, peer) as rig:
            wanted = {"start_date": DAY, "end_date": DAY, **fields}
            await rig.order(wanted.pop("start_date"), wanted.pop("end_date"), **wanted)
            await rig.until(lambda: rig.parked)
    assert words in rig.parked[0].reason
