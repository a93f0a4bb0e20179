"""The frame on every width: the menu of a phone, badges that fit, the zone of the times, tables on a small laptop."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from radquarry.api.destinations import Destinations
from radquarry.api.pace import Pace
from radquarry.api.retrieval_views import RetrievalStudy
from radquarry.api.security.rights import Rights
from radquarry.configuration.sections import Destination
from tests.doubles.shown_archives import NOW
from tests.doubles.shown_deliveries import delivery
from tests.doubles.shown_desk import ShownDesk, estimated, failure, retrieval
from tests.doubles.written_studies import CHEST, KNEE, written_studies
from tests.journeys.browsing import MIDDLE, NARROW, NARROWEST, WIDE, tab
from tests.journeys.served_pages import Serve

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def much_waits(desk: ShownDesk) -> None:
    """More than twelve hundred failures, and as many questions about pseudonyms."""
    desk.failures.views = [failure(number) for number in range(1, 1235)]

    async def waiting(_: str) -> int:
        return 1234

    desk.reidentifications.waiting = waiting


def box(of: Locator) -> dict[str, float]:
    """Where it is on the page, in pixels."""
    where = of.bounding_box()
    assert where is not None
    return where


@pytest.mark.parametrize("locale", ["en-GB", "de-CH"])
def test_a_badge_of_four_digits_stays_in_its_field(browser: Browser, serve: Serve, locale: str) -> None:
    with serve(much_waits, user="a-long-user-name@hospital.example") as base:
        for viewport in (WIDE, MIDDLE, NARROW):
            with tab(browser, base, viewport=viewport, locale=locale) as person:
                page = person.open("/failures")
                if viewport is NARROW:
                    page.locator(".menu").click()
                areas = page.locator(".areas a:has(.badge)")
                expect(areas).to_have_count(2)
                for area in areas.all():
                    around, inside = box(area), box(area.locator(".badge"))
                    assert inside["x"] + inside["width"] <= around["x"] + around["width"]
                person.check()
                person.shoot(f"frame-badges-{viewport['width']}-{locale}")


def test_on_a_phone_the_areas_are_one_menu_for_fingers_and_keys(browser: Browser, serve: Serve) -> None:
    with serve(much_waits) as base, tab(browser, base, viewport=NARROWEST, locale="de-CH") as person:
        page = person.open("/retrievals")
        menu = page.get_by_role("button", name="Menü: Abrufe")
        assert box(page.locator(".rail"))["height"] <= 64
        expect(page.get_by_role("link", name="Lieferungen")).to_be_hidden()
        expect(menu).to_contain_text("1\u202f234")

        menu.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Lieferungen")).to_be_visible()
        person.check()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Lieferungen")).to_be_hidden()
        expect(menu).to_be_focused()

        menu.click()
        page.get_by_role("button", name="English").click()
        page.get_by_role("button", name="Menu: Retrievals").click()
        page.get_by_role("link", name="Help").click()
        page.wait_for_url("**/help")


def test_every_page_names_the_zone_of_its_times(browser: Browser, serve: Serve) -> None:
    with serve() as base, tab(browser, base) as person:
        expect(person.open("/help").get_by_text("Times: Europe/Zurich")).to_be_visible()


def test_the_list_of_retrievals_fits_a_small_laptop(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        study = RetrievalStudy(CHEST, "main", "running", 123_456, 98_765, "slow")
        pace = Pace(1234.0, NOW + timedelta(days=3))
        desk.retrievals.views = [
            retrieval(n, [study], requested_by="anna.muster", studies_total=10_000, pace=pace) for n in range(1, 30)
        ]

    with serve(furnish) as base:
        for viewport in (WIDE, MIDDLE, NARROW):
            with tab(browser, base, viewport=viewport) as person:
                person.open("/retrievals")
                person.check()
                person.shoot(f"frame-retrievals-{viewport['width']}")


def test_the_hours_of_an_order_stand_with_their_explanation_before_it_is_started(
    browser: Browser, serve: Serve
) -> None:
    def furnish(desk: ShownDesk) -> None:
        desk.estimates.said = estimated()

    with serve(furnish, written_studies()) as base, tab(browser, base) as person:
        page = person.open(f"/retrievals/new?study={CHEST}&study={KNEE}")
        hours = page.get_by_label("Only in these hours")
        again = page.get_by_role("button", name="Estimate again")
        assert box(again)["width"] < 240
        assert abs(box(again)["y"] - box(hours)["y"]) < 8
        explained = page.locator(f"#{hours.get_attribute('aria-describedby')}")
        assert box(explained)["y"] < box(page.get_by_role("button", name="Start the retrieval"))["y"]
        person.check()
        person.shoot("frame-estimate-hours")


def test_a_zip_archive_is_told_before_and_after_it_is_made(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        share = Destination(kind="directory", path=Path("out"), zip=True)
        desk.deliveries.destinations = Destinations({"share": share}, (), Rights())
        desk.retrievals.views = [retrieval(1, [RetrievalStudy(CHEST, "main", "complete", 10, 10, "")])]
        desk.deliveries.views = [
            delivery(1, state="waiting", destination="share"),
            delivery(2, state="complete", destination="share", expected=10, delivered=10),
        ]

    with serve(furnish) as base, tab(browser, base) as person:
        person.expected_statuses = {404}  # nobody tells of progress here
        page = person.open(f"/deliveries/{delivery(1).id}")
        expect(page.get_by_text(f"All of it leaves together, as {delivery(1).id}.zip")).to_be_visible()
        page = person.open(f"/deliveries/{delivery(2).id}")
        expect(page.get_by_text(f"At the destination it is in {delivery(2).id}.zip")).to_be_visible()
        page = person.open(f"/deliveries/new?retrieval={retrieval(1).id}")
        expect(page.get_by_label("Destination")).to_contain_text("share (zip archive)")
        person.check()
