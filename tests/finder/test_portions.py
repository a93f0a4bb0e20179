"""Lists and queries in portions: planned once, each closed once, each study counted once; on SQLite and PostgreSQL."""

import pytest

from radquarry.errors import PeerAway, Transient
from radquarry.finder.ledger import Closed, Ledger
from radquarry.finder.plans import ROWS_TOGETHER
from radquarry.messages import CrawlCompleted, CrawlPlanned, Message, Row, StudyFound
from tests.finder.pacs_of_rows import PacsOfRows
from tests.finder.portions import CRAWL, Desk, a_list, a_listing, rows
from tests.finder.shelves import a_study
from tests.finder.test_books import a_window


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


async def test_a_study_that_came_between_two_visits_of_one_window_counts(ledger: Ledger):
    order = a_window(CRAWL)
    await ledger.plan(CRAWL, 2)
    await ledger.close(order, Closed(queries=1), {"1.2.3"})
    closed, progress = await ledger.close(order, Closed(queries=1), {"1.2.3", "1.2.4"})
    assert (closed.studies, progress.studies, progress.windows_closed) == (2, 2, 1)
    closed, progress = await ledger.close(order, Closed(), {"1.2.4"})
    assert (closed.studies, progress.studies) == (2, 2)
