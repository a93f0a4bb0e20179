"""Retrievals and failures: ordered, watched, settled."""

from uuid import UUID

import httpx
import pytest

from radquarry.api.retrieval_views import RetrievalOrder, RetrievalStudy
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk, failure, retrieval
from tests.doubles.written_studies import CHEST, KNEE

ONE = UUID(int=1)


def wanted(uid: str, state: str = "complete", received: int = 10, problem: str = "") -> RetrievalStudy:
    return RetrievalStudy(uid, "main", state, 10, received, problem)


async def test_picked_studies_are_ordered_once_each(desk: ShownDesk, browse: httpx.AsyncClient):
    response = await browse.post("/retrievals", data={"study": [CHEST, KNEE, CHEST]})
    assert (response.status_code, response.headers["location"]) == (303, f"/retrievals/{ONE}")
    assert desk.retrievals.orders == [RetrievalOrder((CHEST, KNEE))]


async def test_nothing_picked_is_said_and_orders_nothing(desk: ShownDesk, browse: httpx.AsyncClient):
    response = await browse.post("/retrievals", data={})
    assert response.status_code == 422
    assert "No study was picked" in page_of(response).text
    assert desk.retrievals.orders == []


async def test_a_retrieval_is_a_grid_of_its_studies_with_words(desk: ShownDesk, browse: httpx.AsyncClient):
    studies = [wanted(CHEST), wanted(KNEE, "running", 4), wanted("1.9", "incomplete", 7, "3 images lost on the way")]
    desk.retrievals.views = [retrieval(1, studies)]
    page = page_of(await browse.get(f"/retrievals/{ONE}"))
    squares = [link["class"] for link in page.all("a") if "square" in link.get("class", "")]
    assert squares == ["square square-complete", "square square-running", "square square-incomplete"]
    assert "1: complete 2: running 3: incomplete" in page.text
    assert "Images here 21 / 30" in page.text
    assert "1× 3 images lost on the way 3 images are missing." in page.text
    assert "MR MRI Knie" in page.text
    assert f"/api/v1/retrievals/{ONE}/manifest" in page.hrefs()
    assert [part["data-live"] for part in page.all("section") if "data-live" in part] == [
        f"/api/v1/retrievals/{ONE}/events"
    ]


async def test_a_large_retrieval_stays_a_small_page(desk: ShownDesk, browse: httpx.AsyncClient):
    uid = "1.2.826.0.1.3680043.8.498.12345678901234567890123456789"
    studies = [wanted(f"{uid}.{i}") for i in range(5000)] + [wanted("1.9", "incomplete", 1, "lost")]
    desk.retrievals.views = [retrieval(1, studies)]
    response = await browse.get(f"/retrievals/{ONE}")
    page = page_of(response)
    assert len(response.content) < 180_000
    assert page.all("a", class_="square square-incomplete")
    assert "4 401 more studies have no square here." in page.text.replace("\u202f", " ")


@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
async def test_a_retrieval_is_steered_by_forms(desk: ShownDesk, browse: httpx.AsyncClient, what: str):
    desk.retrievals.views = [
        retrieval(1, [wanted(KNEE, "waiting", 0)], state="paused" if what == "resume" else "running")
    ]
    page = page_of(await browse.get(f"/retrievals/{ONE}"))
    assert page.all("form", action=f"/retrievals/{ONE}/{what}", method="post")
    response = await browse.post(f"/retrievals/{ONE}/{what}")
    assert (response.status_code, desk.retrievals.steered) == (303, [(what, ONE)])


async def test_the_list_shows_what_is_missing(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.retrievals.views = [retrieval(1, [wanted(KNEE, "incomplete", 4, "lost")], state="incomplete")]
    page = page_of(await browse.get("/retrievals"))
    assert "incomplete 1 / 1 4 / 10 6 1" in page.text
    desk.retrievals.views = []
    assert "Nothing has been retrieved yet" in page_of(await browse.get("/retrievals")).text


async def test_failures_are_gathered_by_cause_and_settled_together(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.failures.views = [failure(1), failure(2), failure(3, service="finder", topic="window.find", reason="refused")]
    page = page_of(await browse.get("/failures"))
    assert "2× Fetching the report of a study the RIS answered 500 ten times" in page.text
    assert "3 wait for a person" in page.text
    response = await browse.post("/failures/replay", data={"failure": [str(UUID(int=1)), str(UUID(int=2))]})
    assert (response.status_code, response.headers["location"]) == (303, "/failures")
    assert desk.failures.settled == [("replay", UUID(int=1)), ("replay", UUID(int=2))]


async def test_a_failure_that_somebody_else_settled_stops_nobody(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.failures.views = [failure(2)]
    response = await browse.post("/failures/discard", data={"failure": [str(UUID(int=9)), str(UUID(int=2))]})
    assert response.status_code == 303
    assert desk.failures.settled == [("discard", UUID(int=2))]


async def test_failures_are_told_on_other_pages_too(desk: ShownDesk):
    desk.failures.views = [failure(1)]
    async with browser_of(desk) as browse:
        assert "1 failure waits for a decision" in page_of(await browse.get("/")).text
        assert "Nothing failed" not in page_of(await browse.get("/failures")).text
        desk.failures.views = []
        assert "Nothing failed" in page_of(await browse.get("/failures")).text
