"""Crawls, and the coverage calendar."""

from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest

from radquarry.api.coverage import CoverageDay, CoverageWindow
from radquarry.api.crawl_problems import CrawlProblem
from radquarry.api.crawls import CrawlOrder
from radquarry.messages import Gap
from tests.api.pages.reading import page_of
from tests.doubles.shown_archives import NOW
from tests.doubles.shown_crawls import crawl
from tests.doubles.shown_desk import ShownDesk

ONE = UUID(int=1)


async def test_the_form_orders_a_crawl_once_and_leads_to_it(desk: ShownDesk, browse: httpx.AsyncClient):
    form = page_of(await browse.get("/crawls"))
    key = form.all("input", name="key")[0]["value"]
    typed = {"pacs": "main", "start_date": "2024-01-01", "end_date": "2024-01-31", "modalities": "ct, mr", "key": key}
    for _ in range(2):
        response = await browse.post("/crawls", data=typed)
        assert (response.status_code, response.headers["location"]) == (303, f"/crawls/{ONE}")
    assert desk.crawls.orders == [(CrawlOrder("main", date(2024, 1, 1), date(2024, 1, 31), ("CT", "MR")), key)]


@pytest.mark.parametrize(
    ("dates", "reason"),
    [(("2024-02-01", "2024-01-01"), "start_date 2024-02-01 is after"), (("soon", ""), "A date looks like 2023-05-17.")],
)
async def test_a_form_that_does_not_fit_comes_back_with_what_was_typed(browse: httpx.AsyncClient, dates, reason: str):
    typed = {"pacs": "main", "start_date": dates[0], "end_date": dates[1], "modalities": "CT"}
    response = await browse.post("/crawls", data=typed)
    page = page_of(response)
    assert response.status_code == 422
    assert reason in page.text
    assert page.all("input", name="start_date", value=dates[0])
    assert page.all("input", name="modalities", value="CT")


async def test_a_running_crawl_is_watched_and_can_be_cancelled(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.crawls.views = [crawl(1, state="running", windows_closed=12, studies_settled=40)]
    page = page_of(await browse.get(f"/crawls/{ONE}"))
    assert [part["data-live"] for part in page.all("section") if "data-live" in part] == [
        f"/api/v1/crawls/{ONE}/events"
    ]
    assert "Days asked 12 / 31" in page.text
    assert page.all("form", action=f"/crawls/{ONE}/cancel", method="post")
    response = await browse.post(f"/crawls/{ONE}/cancel")
    assert (response.status_code, desk.crawls.cancelled) == (303, [ONE])


async def test_problems_are_gathered_by_reason_with_their_days(desk: ShownDesk, browse: httpx.AsyncClient):
    gaps = [CrawlProblem("gap", "cut at 40 answers", date(2025, 5, day), begin="09:00:00") for day in (2, 3)]
    other = CrawlProblem("study", "the RIS answered 500", study_instance_uid="1.2.840.1234567890123")
    desk.crawls.views = [crawl(1, state="incomplete", problem_count=300, problems=(*gaps, other))]
    page = page_of(await browse.get(f"/crawls/{ONE}"))
    assert "300 problems 2× Gap: cut at 40 answers" in page.text
    assert "/coverage/main/2025-05-02" in page.hrefs()
    assert "297 more problems are not listed." in page.text
    assert not [part for part in page.all("section") if "data-live" in part]


async def test_what_contradicts_the_profile_is_said_with_the_way_to_it(desk: ShownDesk, browse: httpx.AsyncClient):
    met = CrawlProblem("profile", "an answer of 41 rows came, its profile says 40 at most")
    desk.crawls.views = [crawl(1, problem_count=1, problems=(met,))]
    page = page_of(await browse.get(f"/crawls/{ONE}"))
    assert "1 problem 1× The PACS contradicts its profile: an answer of 41 rows came" in page.text
    assert "/pacs/main#profile" in page.hrefs()


async def test_too_late_is_said_on_a_page(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.crawls.views = [crawl(1)]
    response = await browse.post(f"/crawls/{ONE}/cancel")
    assert response.status_code == 409
    assert "Too late for that" in page_of(response).text


def two_years(desk: ShownDesk) -> None:
    days = [date(2023, 6, 1) + timedelta(days=i) for i in range(731)]
    desk.coverage.known = {day: CoverageDay(day, "complete", day.day, (), ONE) for day in days}
    desk.coverage.known[date(2024, 3, 4)] = CoverageDay(date(2024, 3, 4), "gap", 40, ("cut at one second",), ONE)


async def test_the_calendar_shows_every_day_and_says_the_same_in_numbers(desk: ShownDesk, browse: httpx.AsyncClient):
    two_years(desk)
    response = await browse.get("/coverage/main")
    page = page_of(response)
    assert len(response.content) < 150_000
    assert "730 days complete" in page.text
    assert "Mar 2024 30 1 0" in page.text
    assert "04 Mar 2024 cut at one second" in page.text
    assert "main/2024-03-04" in page.hrefs()
    assert len(page.all("rect", class_="gap")) == 1


async def test_a_day_of_the_calendar_says_why_and_what_can_be_done(desk: ShownDesk, browse: httpx.AsyncClient):
    two_years(desk)
    page = page_of(await browse.get("/coverage/main/2024-03-04"))
    assert "04 Mar 2024: gap cut at one second 40 studies" in page.text
    assert f"/crawls/{ONE}" in page.hrefs()
    assert "/?pacs=main&study_date=2024-03-04..2024-03-04" in page.hrefs()
    form = page_of(await browse.get("/crawls?pacs=main&day=2024-03-04"))
    assert form.all("input", name="end_date", value="2024-03-04")
    assert "never asked" in page_of(await browse.get("/coverage/main/2023-01-09")).text


@pytest.mark.parametrize("address", ["/coverage/main", "/coverage/main?year=1980", "/coverage/main?year=2500"])
async def test_a_calendar_of_nothing_is_this_year_unseen(browse: httpx.AsyncClient, address: str):
    page = page_of(await browse.get(address))
    assert "0 days complete" in page.text
    assert page.all("rect", class_="unseen")


@pytest.mark.parametrize("address", ["/coverage/nowhere", "/coverage/main/2024-13-01", "/crawls/17", "/nowhere"])
async def test_an_address_that_leads_nowhere_is_a_page_that_says_so(browse: httpx.AsyncClient, address: str):
    response = await browse.get(address)
    assert response.status_code in {404, 422}
    assert "To the search" in page_of(response).text


async def test_a_range_behind_a_search_is_counted_and_can_be_crawled(desk: ShownDesk, browse: httpx.AsyncClient):
    two_years(desk)
    page = page_of(await browse.get("/coverage/main?start_date=2024-03-01&end_date=2024-03-10&modality=ct"))
    assert "01 Mar 2024 – 10 Mar 2024 · CT" in page.text
    assert "1 day with gaps, 0 days never asked, 9 days complete" in page.text
    crawl_them = "/crawls?pacs=main&start_date=2024-03-01&end_date=2024-03-10&modalities=CT"
    assert crawl_them in page.hrefs()
    form = page_of(await browse.get(crawl_them))
    for name, value in {"start_date": "2024-03-01", "end_date": "2024-03-10", "modalities": "CT"}.items():
        assert form.all("input", name=name, value=value)
    whole = page_of(await browse.get("/coverage/main?start_date=2024-03-05&end_date=2024-03-10"))
    assert "All 6 days are complete: what is not found here is not there." in whole.text


async def test_a_day_tells_its_windows_one_by_one(desk: ShownDesk, browse: httpx.AsyncClient):
    two_years(desk)
    gap = Gap(begin="080000", end="085959", reason="cut at one second")
    shown = {"decided_at": NOW, "crawl_id": ONE}
    desk.coverage.asked_windows[date(2024, 3, 4)] = (
        CoverageWindow("CT", 40, (gap,), asked=True, early=False, **shown),
        CoverageWindow("MR", 2, (), asked=True, early=True, **shown),
        CoverageWindow("US", 0, (), asked=False, early=False, **shown),
    )
    desk.coverage.asked_modalities = ("CT", "MR", "US")
    page = page_of(await browse.get("/coverage/main/2024-03-04"))
    assert "CT gap 40 02 Jun 2025 11:30 08:00:00–08:59:59 cut at one second" in page.text
    assert "MR gap 2 02 Jun 2025 11:30 Asked before the day was over" in page.text
    assert "US not asked after all" in page.text
    assert "/coverage/main/2024-03-04?modality=MR" in page.hrefs()
