"""Two people in two browsers: one asks who is behind pseudonyms, the other one agrees, the first sees it once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.api.second_person import REASON, Resolver, among_four, delivered
from tests.api.stories import SECRET
from tests.journeys.browsing import NARROW, Watched, tab
from tests.journeys.served_pages import beside

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    """The whole api with a delivery that kept its table; gives its address."""
    async with among_four(folder, Resolver(folder)) as gateway:
        await delivered(gateway, mapping=True)
        yield gateway.url


def signed_in(browser: Browser, base: str, name: str, **wishes: Any) -> Any:
    """A tab of somebody who has signed in."""
    return tab(browser, base, http_credentials={"username": name, "password": name}, **wishes)


def looked_at(browser: Browser, base: str, name: str, user: str, path: str) -> None:
    """As `user` sees it, wide and narrow, light and dark."""
    looks = {"wide": {}, "dark": {"color_scheme": "dark"}, "narrow": {"viewport": NARROW, "locale": "de-CH"}}
    for look, wishes in looks.items():
        with signed_in(browser, base, user, **wishes) as person:
            person.open(path)
            person.check()
            person.shoot(f"state-{name}-{look}", whole=look == "narrow")


def test_two_people_and_the_answer_once(browser: Browser, tmp_path: Path) -> None:
    with (
        beside(served(tmp_path)) as base,
        signed_in(browser, base, "bob") as bob,
        signed_in(browser, base, "ada") as ada,
    ):
        looked_at(browser, base, "reidentification-new", "bob", "/reidentifications/new")
        page = bob.open("/reidentifications")
        expect(page.get_by_text("You have asked nothing yet")).to_be_visible()
        page.get_by_role("link", name="Ask who it is").click()
        page.get_by_label("Project, by the delivery").select_option(index=1)
        page.get_by_label("Pseudonyms, one a line").fill("P-1\nP-2")
        page.get_by_label("Why you have to know").fill(REASON)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_text("waits for a decision")).to_be_visible()
        here = page.url.removeprefix(base)
        looked_at(browser, base, "reidentification-own", "bob", here)
        looked_at(browser, base, "reidentification-decide", "ada", here)
        looked_at(browser, base, "reidentifications", "ada", "/reidentifications")

        agreed(ada)
        expect(page.get_by_text("answer ready")).to_be_visible()  # without a hand on bob's page
        looked_at(browser, base, "reidentification-ready", "bob", here)
        page.get_by_role("button", name="Show it, once").click()
        expect(page.get_by_text(SECRET)).to_have_count(2)
        bob.check()
        bob.shoot("state-reidentification-answer-wide")
        assert SECRET not in page.url

        page.get_by_role("link", name="Who is behind 2 pseudonyms").click()
        expect(page.get_by_text("answer fetched")).to_be_visible()
        page.go_back()
        assert SECRET not in page.content()
        bob.complaints.clear()  # the browser says that a form cannot be shown again


def agreed(ada: Watched) -> None:
    page = ada.open("/pacs")
    page.get_by_role("link", name="waits for your decision").click()
    page.locator("tbody a").click()
    expect(page.get_by_text("bob sees the originals once")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_role("button", name="Show it, once")).to_have_count(0)
