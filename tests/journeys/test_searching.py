"""A person's way through the search in a real browser: from words to images on disk."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.browsing import tab
from tests.journeys.running import Radquarry
from tests.journeys.watching import STATE, files_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

RETRIEVAL = re.compile(r"/retrievals/[0-9a-f-]{36}$")


def test_a_person_clicks_from_a_search_to_images_on_disk(browser: Browser, radquarry: Radquarry, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/")
        person.shoot("search-empty-field")
        page.get_by_role("searchbox", name="What the report says").fill("modality:CT")
        page.get_by_role("button", name="Search", exact=True).click()
        page.wait_for_url("**/?q=modality%3ACT")
        expect(page.locator("#total")).to_contain_text("studies")
        person.check()
        person.shoot("search-many")

        boxes = page.locator('input[name="study"]')
        wanted = [boxes.nth(i).get_attribute("value") for i in range(3)]
        for i in range(3):
            boxes.nth(i).check()
        expect(page.locator("[data-picked-number]")).to_have_text("3")
        person.shoot("search-picked")
        page.get_by_role("button", name="Retrieve").click()

        page.wait_for_url("**/retrievals/new?**")
        expect(page.locator(".verdict")).to_contain_text("It fits, and would be done by about")
        person.check()
        person.shoot("retrieval-estimate")
        page.get_by_role("button", name="Start the retrieval").click()
        page.wait_for_url(RETRIEVAL)
        person.shoot("retrieval-started")
        expect(page.locator(STATE)).to_have_text("complete", timeout=60_000)  # told by events, the page is not reloaded
        expect(page.locator(".square-complete")).to_have_count(3)
        person.check()
        person.shoot("retrieval-complete")
        for uid in wanted:
            assert uid is not None
            told = radquarry.rest.get(f"/studies/{uid}")["number_of_study_related_instances"]
            assert files_of(radquarry, uid) == told

        page.locator(".row-line").first.click()
        expect(page.get_by_text("here").first).to_be_visible()
        person.check()
        person.shoot("study-here")


def test_a_search_needs_no_mouse(browser: Browser, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type("report:*")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?q=report*")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator(".description").nth(1)).to_be_focused()
        page.keyboard.press("x")
        expect(page.locator('input[name="study"]').nth(1)).to_be_checked()
        page.keyboard.press("k")
        expect(page.locator(".description").nth(0)).to_be_focused()
        person.shoot("search-by-keyboard")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        person.shoot("search-keys")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/studies/*")
        page.go_back()
        page.locator('input[name="study"]').first.check()
        page.keyboard.press("r")
        page.wait_for_url("**/retrievals/new?**")


def test_results_change_without_a_reload_and_the_address_follows(browser: Browser, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/?q=modality:CT")
        page.evaluate("window.sameDocument = true")
        total = page.locator("#total").inner_text()
        page.locator(".facet a.take").filter(has_text="Female").click()
        expect(page.locator(".chip")).to_have_count(1)
        assert page.locator("#total").inner_text() != total
        page.get_by_role("searchbox").fill("modality:(CT")
        page.keyboard.press("Enter")
        expect(page.locator(".query-error")).to_contain_text("this ( is never closed")
        expect(page.locator(".hit").first).to_be_visible()
        person.check()
        person.shoot("search-error")
        page.go_back()
        expect(page.locator(".query-error")).to_have_count(0)
        page.go_back()
        expect(page.locator("#total")).to_have_text(total)
        assert page.evaluate("window.sameDocument") is True


def test_dragging_over_months_narrows_the_search_to_them(browser: Browser, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/")
        bars = page.locator(".histogram a .reach")
        assert bars.count() >= 2
        first, second = bars.nth(0).bounding_box(), bars.nth(1).bounding_box()
        assert first is not None
        assert second is not None
        page.mouse.move(first["x"] + 5, first["y"] + 30)
        page.mouse.down()
        page.mouse.move(second["x"] + 5, second["y"] + 30)
        page.mouse.up()
        expect(page.locator(".chip")).to_have_count(2)
        assert "study_date=" in page.url


def test_every_page_serves_without_script(browser: Browser, base: str) -> None:
    with tab(browser, base, java_script_enabled=False) as person:
        page = person.open("/")
        page.locator("#q").fill("modality:MR")
        page.locator("#q").press("Enter")
        assert "q=modality%3AMR" in page.url
        page.locator(".facet a.take").first.click()
        page.locator('input[name="study"]').first.check()
        page.get_by_role("button", name="Retrieve").click()
        page.get_by_role("button", name="Start the retrieval").click()
        page.wait_for_url(RETRIEVAL)
        page.get_by_role("link", name="PACS").click()
        page.get_by_role("button", name="Ask whether it answers").click()
        expect(page.locator(".peer .state")).to_have_text("answers")
        page.get_by_role("button", name="Deutsch").click()
        expect(page.locator(".peer .state")).to_have_text("antwortet")
