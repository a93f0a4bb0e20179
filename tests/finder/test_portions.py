"""Lists and queries in portions: planned once, each closed once, each study counted once; on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator, Iterable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from radquarry.errors import PeerAway, Transient
from radquarry.finder.__main__ import MIGRATIONS
from radquarry.finder.handlers import cancel_crawl, find_window, plan_crawl, resume_crawl
from radquarry.finder.ledger import Closed, Ledger
from radquarry.finder.list_handlers import find_queries, find_rows, plan_rows
from radquarry.finder.pieces import ResumedMeanwhile
from radquarry.finder.plans import ROWS_TOGETHER, CrawlRefused, check
from radquarry.messages import (
    CancelCrawl,
    CrawlCompleted,
    CrawlPlanned,
    CrawlRequested,
    CrawlResumed,
    FindQueries,
    FindRows,
    FindWindow,
    Message,
    PortionClosed,
    ResumeCrawl,
    Row,
    RowsListed,
    StudyFound,
    WindowClosed,
)
from radquarry.state.migration import migrate
from tests.contracts.states import KINDS, empty_state
from tests.finder.pacs_of_rows import PacsOfRows
from tests.finder.shelves import DAY, a_study
from tests.finder.test_books import Said, a_window

CRAWL = uuid4()


@pytest.fixture(params=KINDS)
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    async with empty_state(request.param, tmp_path) as state:
        await migrate(state, "finder", MIGRATIONS)
        yield Ledger(state)


class Desk:
    """A finder whose bus is a list: what it orders of itself is worked off when a test says so."""

    def __init__(self, ledger: Ledger, pacs: PacsOfRows) -> None:
        self.ledger = ledger
        self.pacs = pacs
        self.said = Said()

    async def hear(self, message: Message) -> None:
        here = {"ledger": self.ledger, "publish": self.said}
        asking = {**here, "archives": {"main": self.pacs}}
        match message:
            case CrawlRequested():
                await plan_crawl(message, **asking)
            case RowsListed():
                await plan_rows(message, **asking)
            case FindWindow():
                await find_window(message, **asking)
            case FindRows():
                await find_rows(message, **asking)
            case FindQueries():
                await find_queries(message, **asking)
            case CancelCrawl():
                await cancel_crawl(message, **here)
            case ResumeCrawl():
                await resume_crawl(message, **here)

    async def work_off(self, orders: Iterable[Message]) -> None:
        for order in orders:
            await self.hear(order)

    def orders(self) -> list[Message]:
        return [each for each in self.said.messages if isinstance(each, FindRows | FindQueries | FindWindow)]

    def latest(self) -> dict[object, PortionClosed | WindowClosed]:
        """The last word about each piece, as the api keeps it."""
        closed = [each for each in self.said.messages if isinstance(each, PortionClosed | WindowClosed)]
        return {getattr(each, "portion", getattr(each, "day", None)): each for each in closed}

    def check_sums(self) -> None:
        announced = {found.study.study_instance_uid for found in self.said.all(StudyFound)}
        assert sum(each.studies for each in self.latest().values()) == len(announced)


def rows(count: int) -> tuple[Row, ...]:
    return tuple(Row(number=n + 1, accession_number=f"ACC{n:06d}") for n in range(count))


def a_list(count: int, **fields) -> CrawlRequested:
    return CrawlRequested(trail=CRAWL, crawl_id=CRAWL, pacs="main", **{"rows": rows(count), **fields})


def a_listing(portion: int, some: tuple[Row, ...], *, is_last: bool = False) -> RowsListed:
    return RowsListed(trail=CRAWL, crawl_id=CRAWL, pacs="main", ris="ris", portion=portion, rows=some, is_last=is_last)


async def test_a_list_falls_into_portions_with_one_result_a_row(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([a_study(n) for n in range(0, 45, 2)]))
    await desk.hear(a_list(45))
    assert desk.said.all(CrawlPlanned)[0].windows == len(desk.orders()) == 3
    await desk.work_off(desk.orders() * 2)
    results = [result for closed in desk.latest().values() for result in closed.results]
    assert [result.number for result in results] == list(range(1, 46))
    assert {result.link for result in results[::2]} == {"exact"}
    assert {(result.link, result.problem) for result in results[1::2]} == {("none", "not found in the PACS")}
    assert len(desk.said.all(StudyFound)) == 23
    completed = desk.said.all(CrawlCompleted)[-1]
    assert (completed.windows_closed, completed.windows_with_gaps, completed.studies_found) == (3, 0, 23)
    desk.check_sums()


async def test_a_study_of_two_portions_is_announced_and_counted_once(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([a_study(1, patient_id="P1")]))
    same = tuple(Row(number=n, patient_id="P1") for n in range(1, 2 * ROWS_TOGETHER))
    await desk.hear(a_list(0, rows=same))
    await desk.work_off(desk.orders())
    assert len(desk.said.all(StudyFound)) == 1
    assert {result.studies for closed in desk.latest().values() for result in closed.results} == {1}
    desk.check_sums()


@pytest.mark.parametrize("fails_at", range(1, 6))
async def test_a_death_between_any_two_steps_loses_nothing_and_counts_nothing_twice(ledger: Ledger, fails_at: int):
    desk = Desk(ledger, PacsOfRows([a_study(n) for n in range(30)]))
    desk.said.fails_at = fails_at
    await _until_heard(desk, a_list(30))
    for order in desk.orders():
        await _until_heard(desk, order)
    assert {found.study.study_instance_uid for found in desk.said.all(StudyFound)} == {f"1.2.3.{n}" for n in range(30)}
    assert desk.said.all(CrawlCompleted)[-1].studies_found == 30
    desk.check_sums()


async def _until_heard(desk: Desk, message: Message) -> None:
    for _ in range(3):
        try:
            return await desk.hear(message)
        except PeerAway:
            desk.said.fails_at = 0
    raise AssertionError


async def test_a_pacs_that_is_away_costs_no_row(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([a_study(n) for n in range(3)], away_for=2))
    await desk.hear(a_list(3))
    (order,) = desk.orders()
    for _ in range(2):
        with pytest.raises(Transient):
            await desk.hear(order)
    await desk.hear(order)
    assert [result.studies for result in desk.latest()[0].results] == [1, 1, 1]


async def test_each_query_is_a_portion_with_its_place(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([a_study(1), a_study(2, modalities_in_study=("MR",))]))
    queries = tuple({"QueryRetrieveLevel": "STUDY", "ModalitiesInStudy": name} for name in ("CT", "MR", "US"))
    await desk.hear(a_list(0, rows=(), queries=queries))
    await desk.work_off(desk.orders())
    results = [result for closed in desk.latest().values() for result in closed.results]
    assert [(result.number, result.link, result.studies) for result in results] == [
        (1, None, 1),
        (2, None, 1),
        (3, None, 0),
    ]
    desk.check_sums()


async def test_rows_of_a_ris_are_planned_once_every_part_of_the_list_has_come(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([a_study(n) for n in range(100)]))
    await desk.hear(a_list(0, rows=(), ris="ris", modalities=("CT",)))
    assert desk.said.messages == []
    last = a_listing(2, rows(100)[70:], is_last=True)
    for listed in (last, a_listing(0, rows(100)[:41]), last):
        await desk.hear(listed)
        assert desk.said.all(CrawlPlanned) == []
    await desk.work_off(desk.orders())
    await desk.hear(a_listing(1, rows(100)[41:70]))
    assert {planned.windows for planned in desk.said.all(CrawlPlanned)} == {3 + 2 + 2}
    await desk.work_off(desk.orders())
    assert len(desk.latest()) == 7
    assert desk.said.all(CrawlCompleted)[-1].studies_found == 100
    desk.check_sums()


async def test_a_ris_that_gives_no_row_completes_the_crawl(ledger: Ledger):
    desk = Desk(ledger, PacsOfRows([]))
    await desk.hear(a_listing(0, (), is_last=True))
    assert desk.said.all(CrawlPlanned)[0].windows == 0
    assert desk.said.all(CrawlCompleted)[0].studies_found == 0


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


async def test_a_study_that_came_between_two_visits_of_one_window_counts(ledger: Ledger):
    order = a_window(CRAWL)
    await ledger.plan(CRAWL, 2)
    await ledger.close(order, Closed(queries=1), {"1.2.3"})
    closed, progress = await ledger.close(order, Closed(queries=1), {"1.2.3", "1.2.4"})
    assert (closed.studies, progress.studies, progress.windows_closed) == (2, 2, 1)
    closed, progress = await ledger.close(order, Closed(), {"1.2.4"})
    assert (closed.studies, progress.studies) == (2, 2)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "here it is nothing"),
        ({"rows": rows(1), "ris": "main"}, "here it is rows and ris"),
        ({"rows": rows(1), "start_date": DAY, "end_date": DAY}, "start_date and end_date and rows"),
        ({"start_date": DAY}, "go together"),
        ({"rows": (Row(number=7, accession_number="SECRET*"),)}, "row 7"),
        ({"rows": (Row(number=7, accession_number="SECRET\\2"),)}, "row 7"),
        ({"rows": rows(1), "study_description": "SECRET"}, "go with start_date and end_date"),
        ({"queries": ({"QueryRetrieveLevel": "STUDY", "StudyDate": "SECRET"},)}, "query 1: StudyDate"),
        ({"start_date": DAY, "end_date": DAY, "study_description": "SECRET\\"}, "no backslash"),
        ({"start_date": DAY, "end_date": DAY, "modalities": ("*",)}, "without wildcards"),
        ({"start_date": date(1700, 1, 1), "end_date": DAY}, "more than 200 years"),
    ],
)
def test_a_crawl_that_makes_no_sense_is_refused_in_words_without_its_values(fields, words):
    with pytest.raises(CrawlRefused) as refused:
        check(CrawlRequested(crawl_id=CRAWL, pacs="main", **fields))
    assert words in str(refused.value)
    assert "SECRET" not in str(refused.value)


def test_a_row_without_any_number_is_no_reason_to_refuse_a_list():
    check(CrawlRequested(crawl_id=CRAWL, pacs="main", rows=(Row(number=1), *rows(2))))
