"""What a cancel left unasked is asked when the crawl is resumed, and counts once; on SQLite and PostgreSQL."""

from datetime import timedelta

import pytest

from radquarry.finder.ledger import Closed, Ledger
from radquarry.finder.pieces import ResumedMeanwhile
from radquarry.messages import (
    CancelCrawl,
    CrawlCompleted,
    CrawlPlanned,
    CrawlResumed,
    FindRows,
    FindWindow,
    ResumeCrawl,
)
from tests.finder.pacs_of_rows import PacsOfRows
from tests.finder.portions import CRAWL, Desk, a_list
from tests.finder.shelves import DAY, a_study
from tests.finder.test_books import a_window


async def test_what_a_cancel_left_unasked_is_asked_after_a_resumption(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([a_study(n) for n in range(60)]))
    await desk.hear(a_list(60))
    first, second, third = desk.orders()
    await desk.hear(first)
    await desk.hear(CancelCrawl(crawl_id=CRAWL))
    await desk.hear(second)
    unasked = desk.latest()[1]
    assert unasked.is_unasked
    assert {result.problem for result in unasked.results} == {"the crawl was cancelled before this was asked for"}
    assert all(result.is_gap and result.link is None for result in unasked.results)
    before = len(desk.said.messages)
    for _ in range(2):
        await desk.hear(ResumeCrawl(crawl_id=CRAWL))
    again = [each for each in desk.said.messages[before:] if isinstance(each, FindRows)]
    assert {order.portion for order in again} == {1}
    assert {order.rows for order in again} == {second.rows}
    assert again[0].id != second.id
    assert [planned.windows for planned in desk.said.all(CrawlPlanned)][-1] == 3
    assert desk.said.all(CrawlResumed)
    await desk.work_off([*again, third])
    assert not any(closed.is_unasked for closed in desk.latest().values())
    completed = desk.said.all(CrawlCompleted)[-1]
    assert (completed.windows_closed, completed.windows_with_gaps, completed.studies_found) == (3, 0, 60)
    assert not completed.cancelled
    desk.check_sums()


async def test_days_that_closed_unasked_are_asked_after_a_resumption(ledger: Ledger):
    studies = [a_study(n, study_date=DAY - timedelta(days=n)) for n in range(4)]
    desk = Desk(ledger, PacsOfRows(studies))
    dates = {"start_date": DAY - timedelta(days=3), "end_date": DAY}
    await desk.hear(a_list(0, rows=(), study_description="", **dates))
    first, *others = desk.orders()
    await desk.hear(first)
    await desk.hear(CancelCrawl(crawl_id=CRAWL))
    await desk.work_off(others)
    assert desk.said.all(CrawlCompleted)[-1].cancelled
    before = len(desk.said.messages)
    await desk.hear(ResumeCrawl(crawl_id=CRAWL))
    await desk.work_off([each for each in desk.said.messages[before:] if isinstance(each, FindWindow)])
    completed = desk.said.all(CrawlCompleted)[-1]
    assert (completed.windows_closed, completed.windows_with_gaps, completed.studies_found) == (4, 0, 4)
    assert all(closed.gaps == () for closed in desk.latest().values())
    desk.check_sums()


async def test_the_later_of_cancel_and_resume_holds_whichever_comes_first(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([a_study(0)]))
    await desk.hear(a_list(1))
    cancel, resume = CancelCrawl(crawl_id=CRAWL), ResumeCrawl(crawl_id=CRAWL)
    await desk.work_off([resume, cancel])
    assert desk.said.all(CrawlCompleted) == []
    await desk.work_off(desk.orders())
    assert desk.said.all(CrawlCompleted)[-1].studies_found == 1


async def test_a_piece_that_would_close_unasked_just_as_its_crawl_is_resumed_comes_again(ledger: Ledger):
    order = a_window(CRAWL)
    await ledger.cancel(CRAWL)
    await ledger.resume(CRAWL, ResumeCrawl(crawl_id=CRAWL).sent_at)
    with pytest.raises(ResumedMeanwhile):
        await ledger.close(order, Closed(is_unasked=True), ())


async def test_an_answer_under_way_when_the_crawl_was_cancelled_replaces_none(ledger: Ledger):
    order = a_window(CRAWL)
    await ledger.cancel(CRAWL)
    await ledger.close(order, Closed(is_unasked=True), ())
    closed, progress = await ledger.close(order, Closed(queries=3), {"1.2.3"})
    assert closed == Closed(1, 3)
    assert (progress.windows_closed, progress.windows_with_gaps, progress.studies) == (1, 0, 1)
    assert (await ledger.resume(CRAWL, ResumeCrawl(crawl_id=CRAWL).sent_at))[1] == []
