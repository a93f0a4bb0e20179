"""What holds for every page: languages, themes, weight, a policy without inline script, errors."""

import re
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from jinja2 import UndefinedError

from radquarry.api.pages.rendering import environment, static_folder, template_of
from radquarry.api.pages.search import SearchPage
from radquarry.api.pages.visit import local
from radquarry.api.retrieval_views import RetrievalStudy
from radquarry.errors import PeerAway
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_crawls import crawl
from tests.doubles.shown_desk import ShownDesk, failure, retrieval
from tests.doubles.written_studies import CHEST

ONE = UUID(int=1)
ADDRESSES = (
    "/", "/?q=pneumothorax", "/?q=%28", f"/studies/{CHEST}", "/crawls", f"/crawls/{ONE}", "/coverage/main",
    "/coverage/main/2025-01-01", "/pacs", "/pacs/main/stop", "/retrievals", f"/retrievals/{ONE}", "/failures", "/help",
    "/nowhere",
)  # fmt: skip


@pytest.fixture
async def busy(desk: ShownDesk) -> AsyncIterator[httpx.AsyncClient]:
    """A desk with one of everything."""
    desk.crawls.views = [crawl(1, state="running")]
    desk.retrievals.views = [retrieval(1, [RetrievalStudy(CHEST, "main", "running", 10, 3, "slow")])]
    desk.failures.views = [failure(1)]
    async with browser_of(desk) as client:
        yield client


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_page_is_light_and_holds_no_inline_script_or_style(busy: httpx.AsyncClient, language: str):
    for address in ADDRESSES:
        response = await busy.get(address, headers={"Accept-Language": language})
        page = page_of(response)
        assert len(response.content) < 150_000
        assert page.all("html", lang=language)
        assert not page.all("style")
        assert all("src" in script for script in page.all("script"))
        for tag, attributes in page.elements:
            assert not {name for name in attributes if name == "style" or name.startswith("on")}, (tag, attributes)
            for name in ("src", "href", "action", "formaction"):
                assert not re.match(r"\w+:|//", attributes.get(name, "")), attributes


async def test_controls_have_names_and_ids_are_unique(busy: httpx.AsyncClient):
    for address in ADDRESSES:
        page = page_of(await busy.get(address))
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        labels = {label.get("for") for label in page.all("label")}
        for box in page.all("input") + page.all("select"):
            named = box.get("type") == "hidden" or box.get("aria-label") or box.get("id") in labels
            assert named or box == {"type": "checkbox"}, box  # the one in its label
        assert len(page.all("main")) == len(page.all("h1")) == 1
        assert page.all("a", class_="skip", href="#main")


async def test_language_and_theme_are_kept_in_cookies(browse: httpx.AsyncClient):
    response = await browse.post("/preferences", data={"here": "/?q=knie", "language": "de"})
    assert (response.status_code, response.headers["location"]) == (303, "/?q=knie")
    await browse.post("/preferences", data={"theme": "dark"})
    page = page_of(await browse.get("/help", headers={"Accept-Language": "en"}))
    assert page.all("html", lang="de") == [{"lang": "de", "data-theme": "dark"}]


@pytest.mark.parametrize(
    ("wish", "language"),
    [("de-CH, en;q=0.5", "de"), ("fr, en;q=0.7, de;q=0.8", "de"), ("fr", "en"), ("", "en"), (";;q=x,de;q=b", "en")],
)
async def test_the_browser_s_wish_is_heard(browse: httpx.AsyncClient, wish: str, language: str):
    page = page_of(await browse.get("/help", headers={"Accept-Language": wish}))
    assert page.all("html", lang=language)


@pytest.mark.parametrize("strange", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nX: y"])
def test_a_form_sends_nobody_elsewhere(strange: str):
    assert local(strange) == "/"


async def test_strange_cookies_change_nothing(browse: httpx.AsyncClient):
    cookies = "radquarry_language=xx; radquarry_theme=<b>; radquarry_dismissed=....zz"
    response = await browse.get("/help", headers={"Cookie": cookies})
    assert page_of(response).all("html", lang="en") == [{"lang": "en", "data-theme": "auto"}]


async def test_the_current_area_is_marked(browse: httpx.AsyncClient):
    page = page_of(await browse.get(f"/studies/{CHEST}"))
    areas = [link["href"] for link in page.all("a", aria_current="page")] or [
        link["href"] for link in page.all("a") if link.get("aria-current") == "page"
    ]
    assert areas[0] == "/"


class AwayIndex:
    """An index whose server does not answer."""

    async def search(self, query):
        raise PeerAway("the search store does not answer")

    count = get = timeline = search


@pytest.mark.parametrize("address", ["/", "/?q=knie", f"/studies/{CHEST}"])
async def test_a_server_that_is_away_is_said_with_a_way_to_try_again(address: str):
    async with browser_of(ShownDesk(AwayIndex())) as browse:
        response = await browse.get(address)
    page = page_of(response)
    assert response.status_code == 503
    assert "A part of radquarry does not answer" in page.text
    assert address in page.hrefs()


async def test_static_files_are_addressed_by_their_content(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/"))
    addresses = [link["href"] for link in page.all("link")] + [script["src"] for script in page.all("script")]
    assert len(addresses) >= 4
    for address in addresses:
        assert re.fullmatch(r"/static/[a-z.]+\?v=[0-9a-f]{12}", address)
        assert (await browse.get(address)).status_code == 200


def test_everything_a_page_loads_is_small():
    assert sum(file.stat().st_size for file in Path(static_folder).iterdir()) < 74_000


def test_a_misspelt_field_of_a_page_is_an_error():
    assert template_of(SearchPage) == "search.html"
    template = environment("en", UTC).from_string("{{ page.quary }}")
    with pytest.raises(UndefinedError):
        template.render(page=object())
