"""Crawls, retrievals and PACS on their pages in a real browser, and every page on every screen and on paper."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.browsing import NARROWEST, tab
from tests.journeys.running import Radquarry
from tests.journeys.watching import STATE, files_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_crawl_is_ordered_in_the_form_and_watched_until_it_is_complete(browser: Browser, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/crawls")
        page.get_by_label("First day").fill("2025-05-01")
        page.get_by_label("Last day").fill("2025-05-31")
        page.get_by_label("Modalities").fill("CT MR")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/crawls/*")
        person.shoot("crawl-started")
        expect(page.locator(STATE)).to_have_text("complete", timeout=60_000)
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
        person.check()
        person.shoot("crawl-complete")
        page.get_by_role("link", name="Search in it").click()
        expect(page.locator("#total")).to_contain_text("studies")


def test_what_lacks_images_is_given_up_and_asked_for_again_on_its_page(
    browser: Browser, radquarry: Radquarry, base: str
) -> None:
    rest = radquarry.rest
    known = [hit["study_instance_uid"] for hit in rest.get("/studies", q="modality:CR OR modality:DX")["hits"]][:2]
    rest.post("/pacs/main/stop")
    try:
        retrieval = rest.post("/retrievals", {"studies": known})
        with tab(browser, base) as person:
            page = person.open(f"/retrievals/{retrieval['id']}")
            page.get_by_role("button", name="Give up 2 studies").click()  # shown as soon as their cause is known
            expect(page.locator(STATE)).to_have_text("incomplete")
            expect(page.locator(".cause")).to_contain_text("given up on")
            expect(page.locator(".cause")).to_contain_text("before: traffic to main is stopped")
            person.check()
            person.shoot("retrieval-given-up")
            page.get_by_role("button", name="Ask again for 2 studies").click()
            expect(page.locator(".cause")).not_to_contain_text("given up on")
            rest.post("/pacs/main/start")
            expect(page.locator(STATE)).to_have_text("complete", timeout=60_000)
            expect(page.locator(".cause")).to_have_count(0)
            person.check()
    finally:
        rest.post("/pacs/main/start")
    assert all(files_of(radquarry, uid) for uid in known)


def test_a_pacs_is_stopped_and_started_with_one_question_each(browser: Browser, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/pacs")
        page.get_by_role("link", name="Stop traffic").click()
        person.check()
        person.shoot("pacs-stop")
        page.get_by_role("button", name="Stop main").click()
        expect(page.locator("#now .state")).to_have_text("stopped")
        expect(page.locator(".strip li")).to_have_text(["main is stopped"])
        person.check()
        person.shoot("pacs-stopped")
        page.get_by_role("link", name="Start traffic").click()
        page.get_by_role("button", name="Start main").click()
        expect(page.locator("form.strip")).to_have_count(0)
        person.shoot("pacs")


def test_every_page_fits_every_screen_and_theme(browser: Browser, radquarry: Radquarry, base: str) -> None:
    uid = radquarry.rest.get("/studies", q="modality:CT")["hits"][0]["study_instance_uid"]
    crawl = radquarry.rest.get("/crawls")["items"][0]["id"]
    addresses = {
        "search": "/?q=pneumothorax",
        "study": f"/studies/{uid}?q=no",
        "crawls": "/crawls",
        "crawl": f"/crawls/{crawl}",
        "coverage": "/coverage/main",
        "day": "/coverage/main/2025-05-15",
        "pacs": "/pacs",
        "one-pacs": "/pacs/main",
        "retrievals": "/retrievals",
        "estimate": f"/retrievals/new?study={uid}",
        "storage": "/archive/storage",
        "failures": "/failures",
        "help": "/help",
    }
    looks = {
        "wide": {},
        "dark": {"color_scheme": "dark"},
        "narrow": {"viewport": NARROWEST, "locale": "de-CH", "has_touch": True},
        "contrast": {"contrast": "more", "color_scheme": "dark"},
        "forced": {"forced_colors": "active"},
    }
    for look, wishes in looks.items():
        with tab(browser, base, **wishes) as person:
            for name, address in addresses.items():
                person.open(address)
                if look != "forced":  # the system's colours are not ours to judge
                    person.check()
                person.shoot(f"{name}-{look}", whole=look == "narrow")


def test_pages_print_without_what_is_only_for_screens(browser: Browser, radquarry: Radquarry, base: str) -> None:
    uid = radquarry.rest.get("/studies", q="modality:CT")["hits"][0]["study_instance_uid"]
    with tab(browser, base, color_scheme="dark") as person:
        for name, address in (("search", "/?q=pneumothorax"), ("study", f"/studies/{uid}")):
            page = person.open(address)
            page.emulate_media(media="print")
            expect(page.locator(".rail")).to_be_hidden()
            widths = page.locator(".hit article, .report").evaluate_all("all => all.map((each) => each.clientWidth)")
            assert min(widths) > 400
            person.shoot(f"{name}-print", whole=True)


def test_addresses_of_static_files_are_kept_by_the_browser(browser: Browser, base: str) -> None:
    with tab(browser, base) as person:
        kept = {}
        person.page.on("response", lambda answer: kept.update({answer.url: answer.headers.get("cache-control", "")}))
        person.open("/help")
    styles = [policy for url, policy in kept.items() if re.search(r"/static/style\.css\?v=", url)]
    assert styles
    assert all("max-age" in policy for policy in styles)
