"""Crawls by lists on the pages: their rows with what became of each, and the list of crawls."""

from datetime import UTC, date, datetime
from uuid import UUID

import httpx

from radquarry.api.crawl_problems import CrawlProblem
from radquarry.api.pace import Pace
from tests.api.pages.reading import page_of
from tests.doubles.shown_crawls import crawl, crawl_of_rows, row
from tests.doubles.shown_desk import ShownDesk
from tests.doubles.written_studies import CHEST

ONE = UUID(int=1)


def four_rows(desk: ShownDesk, **changes) -> None:
    desk.crawls.rows.views = [
        row(1, study_instance_uids=(CHEST,), patient_id="P1", study_date=date(2024, 3, 6), modality="CT"),
        row(2, "several", studies=5, study_instance_uids=tuple(f"1.2.9.{n}" for n in range(5))),
        row(3, "none", problem="not found in the PACS"),
        row(4, "", is_answered=False),
    ]
    desk.crawls.views = [crawl_of_rows(desk.crawls.rows.views, state="running", **changes)]


async def test_each_row_shows_what_was_asked_and_what_became_of_it(desk: ShownDesk, browse: httpx.AsyncClient):
    four_rows(desk, pace=Pace(74.0, datetime(2025, 6, 2, 9, 41, tzinfo=UTC)))

    page = page_of(await browse.get(f"/crawls/{ONE}"))

    assert "main: List of 4 rows" in page.text
    assert "Rows answered 3 / 4" in page.text
    assert "Studies a minute 74" in page.text
    assert "Expected end 02 Jun 2025 11:41" in page.text
    assert "1 A0001 P1 06 Mar 2024 CT certain 06 Mar 2024 CT CT Thorax" in page.text
    assert "2 A0002 several studies 1.2.9.0 1.2.9.1 1.2.9.2 and 2 more" in page.text
    assert "3 A0003 not found not found in the PACS" in page.text
    assert "4 A0004 open" in page.text
    assert page.all("section", id="rows", data_part="")
    assert f"/api/v1/crawls/{ONE}/rows?format=csv" in page.hrefs()
    assert f"/api/v1/crawls/{ONE}/rows?format=xlsx" in page.hrefs()


async def test_rows_are_filtered_by_their_link_at_an_address(desk: ShownDesk, browse: httpx.AsyncClient):
    four_rows(desk)
    page = page_of(await browse.get(f"/crawls/{ONE}"))
    assert "All 4 certain 1 several 1 not found 1 with a study 2 with a remark 1 open 1" in page.text
    assert f"/crawls/{ONE}?show=none#rows" in page.hrefs()

    page = page_of(await browse.get(f"/crawls/{ONE}?show=none"))

    assert "A0003" in page.text
    assert "A0001" not in page.text
    assert f"/api/v1/crawls/{ONE}/rows?format=csv&show=none" in page.hrefs()
    assert f"/api/v1/crawls/{ONE}/rows?format=xlsx&show=none" in page.hrefs()
    assert "No row is like this" in page_of(await browse.get(f"/crawls/{ONE}?show=conflict")).text
    assert (await browse.get(f"/crawls/{ONE}?show=nonsense")).status_code == 422


async def test_many_rows_follow_each_other_page_by_page(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.crawls.rows.views = [row(number) for number in range(1, 121)]
    desk.crawls.views = [crawl_of_rows(desk.crawls.rows.views)]
    first = page_of(await browse.get(f"/crawls/{ONE}?show=exact"))
    (following,) = [href for href in first.hrefs() if "after=" in href]
    assert following == f"/crawls/{ONE}?show=exact&after=50#rows"

    second = page_of(await browse.get(following))

    assert "A0051" in second.text
    assert "A0050" not in second.text
    assert f"/crawls/{ONE}?show=exact#rows" in second.hrefs()


async def test_queries_are_shown_with_their_keywords(desk: ShownDesk, browse: httpx.AsyncClient):
    asked = {"PatientID": "<b>4711</b>", "StudyDate": ""}
    desk.crawls.rows.views = [row(1, "", query=asked, accession_number="", studies=1, study_instance_uids=(CHEST,))]
    desk.crawls.views = [crawl_of_rows(desk.crawls.rows.views)]
    page = page_of(await browse.get(f"/crawls/{ONE}"))

    assert "PatientID <b>4711</b> · StudyDate found" in page.text


async def test_a_cancelled_crawl_can_go_on(desk: ShownDesk, browse: httpx.AsyncClient):
    four_rows(desk)
    assert not page_of(await browse.get(f"/crawls/{ONE}")).all("form", action=f"/crawls/{ONE}/resume")
    desk.crawls.views = [crawl(1, state="cancelled")]
    assert page_of(await browse.get(f"/crawls/{ONE}")).all("form", action=f"/crawls/{ONE}/resume", method="post")

    response = await browse.post(f"/crawls/{ONE}/resume")

    assert (response.status_code, desk.crawls.resumed) == (303, [ONE])
    desk.crawls.views = [crawl(1)]
    assert (await browse.post(f"/crawls/{ONE}/resume")).status_code == 409


async def test_rows_with_a_gap_lead_to_themselves(desk: ShownDesk, browse: httpx.AsyncClient):
    four_rows(desk)
    gaps = tuple(CrawlProblem("gap", "the PACS cut its answer", row=number) for number in (1, 3))
    desk.crawls.views = [crawl_of_rows(desk.crawls.rows.views, state="incomplete", problem_count=2, problems=gaps)]

    page = page_of(await browse.get(f"/crawls/{ONE}"))

    assert "2× Gap: the PACS cut its answer row 1 row 3" in page.text
    assert f"/crawls/{ONE}?after=2#rows" in page.hrefs()


async def test_the_list_of_crawls_names_what_each_asks_for(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.crawls.views = [
        crawl_of_rows([row(1), row(2)], modalities=("CT",)),
        crawl(2, way="queries", start_date=None, end_date=None, rows_total=1),
        crawl(3, way="ris", start_date=None, end_date=None, ris="reports", ris_filter={"procedure": "CT"}),
        crawl(4, study_description="*thorax*", origin="worklist"),
    ]

    text = page_of(await browse.get("/crawls")).text

    for words in ("List of 2 rows · CT", "1 query", "List of reports · procedure CT", "*thorax*", "by the worklist"):
        assert words in text
