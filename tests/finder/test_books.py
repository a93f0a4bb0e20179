"""Each study counts once, whatever comes twice or dies in the middle; on SQLite and PostgreSQL."""

import asyncio
from collections.abc import Sequence
from datetime import date, time, timedelta
from uuid import UUID, uuid4

import pytest

from radquarry.errors import PeerAway
from radquarry.finder.handlers import cancel_crawl, find_window, plan_crawl
from radquarry.finder.ledger import Closed, Ledger
from radquarry.finder.page import Listed
from radquarry.finder.pages import Pages
from radquarry.finder.series import WithSeries
from radquarry.finder.watch import Watch
from radquarry.messages import (
    CancelCrawl,
    CrawlCompleted,
    CrawlPlanned,
    CrawlRequested,
    FindWindow,
    Gap,
    Message,
    Study,
    StudyFound,
    WindowClosed,
)
from tests.finder.said import Said
from tests.finder.shelves import DAY, a_study


class ListedPacs:
    """A PACS without a network: gives all its studies for every day and modality it is asked for."""

    def __init__(self, *studies: Study) -> None:
        self.studies_on_file = studies
        self.asked = 0
        self.watch = Watch("main", Pages())

    async def studies(self, day: date, modality: str) -> Listed:
        self.asked += 1
        return Listed(self.studies_on_file, (), 1)

    async def with_series(self, studies: Sequence[Study]) -> WithSeries:
        return WithSeries(tuple(studies), (), len(studies))

    async def echo(self) -> float:
        return 1.0


def a_crawl(days: int = 1, modalities: tuple[str, ...] = ()) -> CrawlRequested:
    crawl_id = uuid4()
    first = DAY - timedelta(days=days - 1)
    return CrawlRequested(
        trail=crawl_id, crawl_id=crawl_id, pacs="main", start_date=first, end_date=DAY, modalities=modalities
    )


def a_window(crawl_id: UUID, modality: str = "", day: date = DAY) -> FindWindow:
    return FindWindow(trail=crawl_id, crawl_id=crawl_id, pacs="main", day=day, modality=modality)


async def test_a_window_that_comes_twice_counts_once(ledger: Ledger):
    said, pacs = Said(), ListedPacs(a_study(1), a_study(2))
    crawl = a_crawl()
    await plan_crawl(crawl, archives={"main": pacs}, ledger=ledger, publish=said)
    (window,) = said.all(FindWindow)
    for _ in range(3):
        await find_window(window, archives={"main": pacs}, ledger=ledger, publish=said)
    assert pacs.asked == 1
    assert {closed.studies for closed in said.all(WindowClosed)} == {2}
    assert {completed.studies_found for completed in said.all(CrawlCompleted)} == {2}


async def test_windows_that_share_a_study_count_it_once_even_at_the_same_moment(ledger: Ledger):
    said, pacs = Said(), ListedPacs(*(a_study(number) for number in range(30)))
    crawl = a_crawl(modalities=("CT", "MR", "PT", "US"))
    archives = {
        "main": ListedPacs(*(study.model_copy(update={"modalities_in_study": ()}) for study in pacs.studies_on_file))
    }
    await plan_crawl(crawl, archives=archives, ledger=ledger, publish=said)
    orders = said.all(FindWindow) * 2
    await asyncio.gather(*(find_window(order, archives=archives, ledger=ledger, publish=said) for order in orders))
    by_window = {closed.modality: closed.studies for closed in said.all(WindowClosed)}
    assert sum(by_window.values()) == 30
    assert len(by_window) == 4
    assert said.all(CrawlCompleted)[-1].studies_found == 30


@pytest.mark.parametrize("fails_at", range(1, 7))
async def test_a_death_between_any_two_steps_loses_nothing_and_counts_nothing_twice(ledger: Ledger, fails_at: int):
    said, pacs = Said(), ListedPacs(a_study(1, time(8)), a_study(2, time(9)))
    archives, crawl = {"main": pacs}, a_crawl(days=2)
    said.fails_at = fails_at
    work: list[Message] = [crawl]
    for round_number in range(20):
        if round_number == 1:
            said.fails_at = 0
        again: list[Message] = []
        for message in work:
            handler = plan_crawl if isinstance(message, CrawlRequested) else find_window
            try:
                await handler(message, archives=archives, ledger=ledger, publish=said)
            except PeerAway:
                again.append(message)
        seen = {(order.day, order.modality) for order in work if isinstance(order, FindWindow)}
        work = again + [order for order in said.all(FindWindow) if (order.day, order.modality) not in seen]
        if said.all(CrawlCompleted):
            break
    assert {found.study.study_instance_uid for found in said.all(StudyFound)} == {"1.2.3.1", "1.2.3.2"}
    closed = {window.day: window.studies for window in said.all(WindowClosed)}
    assert sum(closed.values()) == 2
    assert said.all(CrawlPlanned)[-1].windows == 2
    completed = said.all(CrawlCompleted)[-1]
    assert (completed.windows_closed, completed.studies_found) == (2, 2)


async def test_windows_that_close_before_the_plan_is_written_complete_the_crawl_with_it(ledger: Ledger):
    said, pacs = Said(), ListedPacs(a_study(1))
    crawl = a_crawl()
    await find_window(a_window(crawl.crawl_id), archives={"main": pacs}, ledger=ledger, publish=said)
    assert said.all(CrawlCompleted) == []
    await plan_crawl(crawl, archives={"main": pacs}, ledger=ledger, publish=said)
    assert said.all(CrawlCompleted)[0].studies_found == 1


async def test_after_a_cancel_windows_close_unasked(ledger: Ledger):
    said, pacs = Said(), ListedPacs(a_study(1))
    crawl = a_crawl(days=3)
    await plan_crawl(crawl, archives={"main": pacs}, ledger=ledger, publish=said)
    first, *others = said.all(FindWindow)
    await find_window(first, archives={"main": pacs}, ledger=ledger, publish=said)
    await cancel_crawl(CancelCrawl(crawl_id=crawl.crawl_id), ledger=ledger, publish=said)
    for window in others:
        await find_window(window, archives={"main": pacs}, ledger=ledger, publish=said)
    assert pacs.asked == 1
    assert [len(closed.gaps) for closed in said.all(WindowClosed)] == [0, 1, 1]
    assert all(completed.cancelled for completed in said.all(CrawlCompleted))


async def test_gaps_are_said_again_as_they_were(ledger: Ledger):
    order, gap = a_window(uuid4()), Gap(begin="10:00:00", end="11:00:00", reason="the PACS gives 40 answers at once")
    first, _ = await ledger.close(order, Closed(queries=7, gaps=(gap,)), {"1.2.3"})
    again, progress = await ledger.close(order, Closed(), ())
    assert again == first == Closed(1, 7, (gap,))
    assert (progress.windows_closed, progress.windows_with_gaps) == (1, 1)


async def test_books_of_which_study_was_found_where_are_closed_with_the_crawl(ledger: Ledger):
    said, pacs = Said(), ListedPacs(a_study(1))
    crawl = a_crawl()
    await plan_crawl(crawl, archives={"main": pacs}, ledger=ledger, publish=said)
    await find_window(said.all(FindWindow)[0], archives={"main": pacs}, ledger=ledger, publish=said)
    _, progress = await ledger.close(a_window(crawl.crawl_id, "XX"), Closed(), {"1.2.3.1"})
    assert progress.studies == 2
