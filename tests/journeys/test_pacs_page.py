"""What a PACS's administrator does on its page, in a real browser: hours, limits, stop and start, what it can do."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings
from tests.journeys.browsing import tab
from tests.journeys.running import Radquarry, configuration, eventually, running_hospital, truth_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

HOSPITAL = HospitalSettings(
    studies=200,
    days=20,
    end_date="2025-05-31",
    pixels=16,
    samples=False,
    faults=FaultSettings(pacs=PacsFaults(answer_limit=50)),
)
ANY_TIME: list[str] = []


@pytest.fixture(scope="module")
def radquarry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radquarry]:
    """`radquarry serve` beside a hospital whose PACS gives 50 answers at most."""
    folder: Path = tmp_path_factory.mktemp("peer")
    with (
        running_hospital(HOSPITAL, folder) as hospital,
        Radquarry(folder, configuration(folder, hospital)) as running,
    ):
        yield running


def load_of(radquarry: Radquarry) -> dict[str, Any]:
    load: dict[str, Any] = radquarry.rest.get("/pacs/main")["load"]
    return load


def a_day_to_close() -> int:
    """A weekday that is neither today nor near it: closing an hour of it disturbs no other test."""
    return (datetime.now(ZoneInfo("Europe/Zurich")) + timedelta(days=3)).weekday()


def drag(page: Page, first: int, last: int) -> None:
    """Over the squares of two hours of the week and what lies between."""
    boxes = page.locator(".week input")
    begin, end = boxes.nth(first).bounding_box(), boxes.nth(last).bounding_box()
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + 5, begin["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 5, steps=6)
    page.mouse.up()


def test_limits_and_hours_are_changed_and_outlive_a_kill(browser: Browser, radquarry: Radquarry, base: str) -> None:
    day = a_day_to_close()
    with tab(browser, base) as person:
        page = person.open("/pacs")
        page.get_by_role("link", name="Load and profile").click()
        page.get_by_label("Associations at once").fill("3")
        page.get_by_label("Requests an hour").fill("36 000")
        page.get_by_role("heading", name="Hours in which requests may leave").scroll_into_view_if_needed()
        drag(page, day * 24 + 8, day * 24 + 17)
        expect(page.locator(".week input:not(:checked)")).to_have_count(10)
        person.shoot("pacs-painted")
        page.get_by_role("button", name="Apply these limits").click()
        expect(page.locator(".done")).to_have_text("These limits hold for main from now on.")
        person.check()
        person.shoot("pacs-limited")
    held = load_of(radquarry)
    assert (held["associations"], held["requests_per_hour"], held["is_configured"]) == (3, 36_000, False)
    assert held["windows"] != ANY_TIME

    radquarry.kill_and_start()

    with tab(browser, base) as person:
        page = person.open("/pacs/main")
        expect(page.locator(".week input:not(:checked)")).to_have_count(10)
        assert load_of(radquarry)["changed_at"] == held["changed_at"]
        page.get_by_role("button", name="Back to the configuration").click()
        expect(page.locator(".done")).to_have_text("The limits of the configuration hold for main again.")
        expect(page.get_by_label("Associations at once")).to_have_value("2")
        expect(page.locator(".week input:not(:checked)")).to_have_count(0)
    assert load_of(radquarry)["is_configured"] is True


def test_a_stopped_pacs_is_left_alone_over_a_kill_until_it_is_started(
    browser: Browser, radquarry: Radquarry, base: str
) -> None:
    days = truth_of(HOSPITAL)
    with tab(browser, base) as person:
        page = person.open("/pacs/main")
        page.get_by_role("link", name="Stop traffic").click()
        person.check()
        page.get_by_role("button", name="Stop main").click()
        expect(page.locator(".done")).to_contain_text("main is stopped: no request of ours leaves for it")
        expect(page.locator("#now .state")).to_have_text("stopped")
        expect(page.locator(".strip li")).to_have_text(["main is stopped"])
        person.check()
        person.shoot("pacs-stopped")

    radquarry.kill_and_start()
    span = {"start_date": days.start_date.isoformat(), "end_date": days.end_date.isoformat()}
    crawl = radquarry.rest.post("/crawls", {"pacs": "main", **span})["id"]

    with tab(browser, base) as person:
        page = person.open("/pacs/main")
        expect(page.locator("#now .state")).to_have_text("stopped")
        assert radquarry.rest.get(f"/crawls/{crawl}")["windows"]["closed"] == 0
        page.get_by_role("link", name="Start traffic").click()
        page.get_by_role("button", name="Start main").click()
        expect(page.locator(".done")).to_contain_text("Traffic to main goes on")
        expect(page.locator("form.strip")).to_have_count(0)
        person.shoot("pacs-started")
    assert radquarry.rest.settled(f"/crawls/{crawl}", 120)["state"] == "complete"


def test_a_probed_pacs_tells_what_it_can_do_without_a_reload(browser: Browser, radquarry: Radquarry, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/pacs/main")
        expect(page.get_by_text("It was never probed.")).to_be_visible()
        page.get_by_role("button", name="Probe it").click()
        page.wait_for_url("**/pacs/main?done=probe#profile")
        page.evaluate("window.sameDocument = true")
        expect(page.locator("#profile table")).to_be_visible(timeout=90_000)
        expect(page.locator("#profile tr").first).to_contain_text("50 answers")
        expect(page.get_by_role("button", name="Probe it again")).to_be_visible()
        person.check()
        page.locator("#profile").scroll_into_view_if_needed()
        person.shoot("pacs-profile")
    profile = radquarry.rest.get("/pacs/main")["profile"]
    assert (profile["find_limit"], profile["date_ranges"]) == (50, True)


def test_the_traffic_of_the_day_is_drawn_once_a_minute_is_over(
    browser: Browser, radquarry: Radquarry, base: str
) -> None:
    radquarry.rest.post("/pacs/main/echo")
    said = eventually(lambda: radquarry.rest.get("/pacs/main/traffic")["minutes"] or None, 120, "traffic is said")
    assert sum(minute["requests"] for minute in said) > 0
    with tab(browser, base) as person:
        page = person.open("/pacs/main")
        expect(page.locator("#now figure.traffic svg.spark").first).to_be_visible()
        person.check()
        person.shoot("pacs-traffic")
