"""The search page: what is asked, what is found, what cannot be read."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from radquarry.api.coverage import CoverageDay
from radquarry.index.embedded import TantivyIndex
from radquarry.index.parts import GonePart
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk
from tests.doubles.written_studies import CHEST, KNEE, THEN, report_part, study_part


async def test_a_hit_says_when_what_who_where_and_why(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/", params={"q": "pneumothorax -kein"}))
    assert "1 study" in page.text
    assert "06 Mar 2024 CT CT Thorax female, 60 y Klinik Höhenweg" in page.text
    assert "Small left pneumothorax. No effusion." in page.text
    assert len(page.all("mark")) == 1
    assert f"/studies/{CHEST}?q=pneumothorax%20-kein" in page.hrefs()


async def test_the_query_is_said_in_words_in_the_reader_s_language(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/", params={"q": "modality:CT"}, headers={"Accept-Language": "de-CH,en;q=0.4"}))
    assert "Modalität" in page.text
    assert page.all("html", lang="de")


async def test_every_filter_is_in_the_address_and_a_chip_takes_it_away(browse: httpx.AsyncClient):
    address = "/?q=thorax&modality=CT&study_date=2024-01-01..2024-12-31&sort=oldest"
    page = page_of(await browse.get(address))
    assert "1 study" in page.text
    chips = [link["href"] for link in page.all("a", class_="chip")]
    assert chips == [
        "/?q=thorax&study_date=2024-01-01..2024-12-31&sort=oldest",
        "/?q=thorax&modality=CT&study_date=..2024-12-31&sort=oldest",
        "/?q=thorax&modality=CT&study_date=2024-01-01..&sort=oldest",
    ]


async def test_a_facet_counts_includes_and_excludes(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/"))
    assert "CT 2" in page.text
    assert "/?modality=CT" in page.hrefs()
    without = page_of(await browse.get("/?exclude_modality=CT"))
    assert "1 study" in without.text
    assert "not Modality: CT" in without.text


async def test_studies_that_are_gone_can_be_left_out_or_looked_for(index: TantivyIndex):
    gone = GonePart(study_instance_uid=CHEST, pacs="main", gone_at=THEN + timedelta(days=30))
    await index.merge([study_part(CHEST), study_part(KNEE)])
    async with browser_of(ShownDesk(index)) as browse:
        before = page_of(await browse.get("/"))
        await index.merge([gone])
        both, only = page_of(await browse.get("/")), page_of(await browse.get("/?is_gone=true&sort=oldest"))
        german = page_of(await browse.get("/?is_gone=false", headers={"Accept-Language": "de"}))
        neither = page_of(await browse.get("/?is_gone=perhaps"))
    assert not before.all("section", aria_labelledby="facet-is_gone")
    assert {"/?is_gone=true", "/?is_gone=false"} <= set(both.hrefs())
    assert ("2 studies" in both.text, "1 study" in only.text, "2 studies" in neither.text) == (True, True, True)
    assert "In the PACS: No longer" in only.text
    assert [link["href"] for link in only.all("a", class_="chip")] == ["/?sort=oldest"]
    assert only.all("input", type="hidden", name="is_gone", value="true")
    assert "/api/v1/studies?is_gone=true&sort=oldest&format=csv" in only.hrefs()
    assert "Im PACS: Noch da" in german.text


async def test_what_has_no_filter_is_excluded_by_words_of_the_query(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/?q=pneumothorax OR knie"))
    deny = next(link for link in page.all("a", class_="deny") if "Seeblick" in link["aria-label"])
    asked = parse_qs(urlsplit(deny["href"]).query)["q"][0]
    assert asked == '(pneumothorax OR knie) -institution_name:"Kantonsspital Seeblick"'
    assert "2 studies" in page_of(await browse.get(deny["href"])).text


async def test_the_histogram_shows_the_same_numbers_as_its_table(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/"))
    assert page.all("title", id="chart-title")
    assert "Apr 2023 0" in page.text
    assert "Nov 2023 1 Dec 2023 0 Jan 2024 0 Feb 2024 0 Mar 2024 2" in page.text
    assert "/?study_date=2024-03-01..2024-03-31" in page.hrefs()


async def test_a_query_that_cannot_be_read_is_marked_and_the_last_results_stay(browse: httpx.AsyncClient):
    response = await browse.get("/", params={"q": "pneumo AND (effusion", "last": "knie"})
    page = page_of(response)
    assert '<bdi>pneumo AND <mark class="wrong">(</mark>effusion</bdi>' in response.text
    assert "expected a ) after it" in page.text
    assert "Below are still the results of “knie”." in page.text
    assert "MRI Knie" in page.text


async def test_a_refusal_is_said_in_german(browse: httpx.AsyncClient):
    response = await browse.get("/", params={"q": "modalty:CT"}, headers={"Accept-Language": "de"})
    assert "Dieses Feld gibt es nicht; am nächsten kommt modality" in page_of(response).text


async def test_a_good_query_leads_to_an_address_without_the_last_one(browse: httpx.AsyncClient):
    response = await browse.get("/", params={"q": "knie", "last": "pneumothorax"})
    assert (response.status_code, response.headers["location"]) == (303, "/?q=knie")


async def test_a_cursor_of_another_search_leads_to_the_first_page(browse: httpx.AsyncClient):
    response = await browse.get("/", params={"q": "knie", "after": "bm9uc2Vuc2U"})
    assert (response.status_code, response.headers["location"]) == (303, "/?q=knie")


async def test_pages_follow_each_other_by_cursor(index: TantivyIndex):
    await index.merge([study_part(f"1.2.4.{i}", study_description=f"Nr {i}") for i in range(25)])
    async with browser_of(ShownDesk(index)) as browse:
        first = page_of(await browse.get("/"))
        following = next(link["href"] for link in first.all("a", rel="next"))
        second = page_of(await browse.get(following))
    picks = [box["value"] for page in (first, second) for box in page.all("input", name="study")]
    assert len(picks) == len(set(picks)) == 25
    assert "/" in second.hrefs()
    assert not second.all("a", rel="next")


async def test_an_index_without_studies_says_how_to_begin(index: TantivyIndex):
    async with browser_of(ShownDesk(index)) as browse:
        page = page_of(await browse.get("/"))
    assert "There is nothing to search in yet" in page.text
    assert "/crawls" in page.hrefs()


async def test_examples_are_queries_that_find_something_here(index: TantivyIndex):
    await index.merge([study_part("1.2.5.1"), report_part("1.2.5.1", "Metastases in the liver.")])
    async with browser_of(ShownDesk(index)) as browse:
        page = page_of(await browse.get("/"))
        examples = [href for href in page.hrefs() if href.startswith("/?q=") and "institution" not in href][:2]
        assert examples == ["/?q=metasta%2A", "/?q=report%3A%2A"]
        for example in examples:
            assert "1 study" in page_of(await browse.get(example)).text


async def test_no_hits_are_said_with_a_way_on(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/?q=xylophone&modality=CT"))
    assert "No study fits." in page.text
    assert "/?q=xylophone" in page.hrefs()


async def test_a_gap_in_the_searched_days_is_told(desk: ShownDesk):
    desk.coverage.known = {date(2024, 3, day): CoverageDay(date(2024, 3, day), "gap", 1, ("cut",)) for day in (5, 6)}
    async with browser_of(desk) as browse:
        assert "main: 2 days of this range are known with gaps only" in page_of(await browse.get("/")).text
        narrow = page_of(await browse.get("/?study_date=2024-03-06..2024-03-06"))
        assert "main: 1 day of this range is known with gaps only" in narrow.text
        assert "/coverage/main?start_date=2024-03-06&end_date=2024-03-06" in narrow.hrefs()
        wide = page_of(await browse.get("/?study_date=2024-03-06..2024-03-31"))
        assert "main: 26 days of this range are not fully known (1 with gaps, 25 never asked)" in wide.text
        later = page_of(await browse.get("/?study_date=2024-04-01..2024-04-02"))
        assert "main: 2 days of this range were never asked" in later.text


async def test_days_that_the_words_of_a_query_name_are_searched_days_too(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.coverage.known = {date(2024, 3, 5): CoverageDay(date(2024, 3, 5), "complete", 1)}
    assert "never asked" not in page_of(await browse.get("/?q=study_date:2024-03-05")).text
    page = page_of(await browse.get("/?q=thorax+study_date:2019-02"))
    assert "main: 28 days of this range were never asked" in page.text


async def test_nothing_found_is_no_proof_where_days_are_missing(desk: ShownDesk, browse: httpx.AsyncClient):
    """The strip can be dismissed; the sentence beside the empty result cannot."""
    desk.coverage.known = {date(2024, 3, 5): CoverageDay(date(2024, 3, 5), "gap", 1, ("cut",))}
    page = page_of(await browse.get("/?q=xylophone"))
    browse.cookies.set("radquarry_dismissed", page.all("button", name="dismiss")[0]["value"])
    page = page_of(await browse.get("/?q=xylophone"))
    assert not page.all("button", name="dismiss")
    assert "One may be there all the same: not all of these days are known." in page.text
    desk.coverage.known = {date(2024, 3, 5): CoverageDay(date(2024, 3, 5), "complete", 1)}
    assert "all the same" not in page_of(await browse.get("/?q=xylophone")).text


async def test_a_pacs_that_was_never_asked_is_told_beside_one_that_was(desk: ShownDesk, browse: httpx.AsyncClient):
    days = {date(2024, 3, 5): CoverageDay(date(2024, 3, 5), "complete", 1)}
    desk.coverage.known, desk.coverage.names, desk.coverage.never_asked = days, ("main", "old"), ("old",)
    assert "old was never asked: its studies cannot be found" in page_of(await browse.get("/")).text
    assert "never asked" not in page_of(await browse.get("/?pacs=main")).text
    desk.coverage.known = {}
    assert "never asked" not in page_of(await browse.get("/")).text


@pytest.mark.parametrize("address", ["/?study_date=yesterday", "/?study_date_from=31.12.2024"])
async def test_a_date_that_cannot_be_read_is_told_and_left_out(browse: httpx.AsyncClient, address: str):
    page = page_of(await browse.get(address))
    assert "A date could not be read and was left out." in page.text
    assert "3 studies" in page.text


async def test_the_dates_of_the_form_become_one_filter(browse: httpx.AsyncClient):
    address = "/?q=&study_date_from=2024-01-01&study_date_to=&last="
    response = await browse.get(address)
    assert response.headers["location"] == "/?study_date=2024-01-01.."


async def test_the_list_leaves_as_csv_with_the_same_question(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/?q=thorax&modality=CT&sort=newest"))
    assert "/api/v1/studies?q=thorax&modality=CT&sort=newest&format=csv" in page.hrefs()


async def test_a_study_without_a_report_says_so(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/?q=knie"))
    assert page.all("input", name="study", value=KNEE)
    assert "The RIS has no report of this study yet." in page.text
