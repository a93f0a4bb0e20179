"""A person's way through the pages in a real browser: from a search to images on disk."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from tests.journeys.browsing import NARROWEST, tab
from tests.journeys.running import Radquarry, configuration, free_port, running_hospital, truth_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

RETRIEVAL = re.compile(r"/retrievals/[0-9a-f-]{36}$")
STATE = "#progress .big-state .state"


@pytest.fixture(scope="module")
def radquarry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radquarry]:
    """`radquarry serve` beside a hospital whose images come slowly enough to be watched, all its days known."""
    folder, node_port = tmp_path_factory.mktemp("pages"), free_port()
    settings = HospitalSettings(
        studies=300,
        days=60,
        end_date="2025-05-31",
        pixels=32,
        samples=False,
        pacs=PacsSettings(destinations={"RADQUARRY": f"127.0.0.1:{node_port}"}),
        faults=FaultSettings(pacs=PacsFaults(store_delay_ms=5)),
    )
    with running_hospital(settings, folder) as hospital:
        keys = configuration(folder, hospital)
        keys["node"]["port"] = node_port
        with Radquarry(folder, keys) as running:
            truth = truth_of(settings)
            days = {"start_date": truth.start_date.isoformat(), "end_date": truth.end_date.isoformat()}
            crawl = running.rest.post("/crawls", {"pacs": "main", **days})
            running.rest.settled(f"/crawls/{crawl['id']}", 120)
            yield running


@pytest.fixture(scope="module")
def base(radquarry: Radquarry) -> str:
    """Where the pages are."""
    return f"http://127.0.0.1:{radquarry.rest.port}"


def files_of(radquarry: Radquarry, study_instance_uid: str) -> int:
    return len(list((radquarry.archive / study_instance_uid).rglob("*.dcm")))


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
