"""Retrievals and failures: ordered, watched, settled."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from radquarry.api.pace import Pace
from radquarry.api.retrieval_decisions import Chosen
from radquarry.api.retrieval_views import RetrievalStudy
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_archives import NOW
from tests.doubles.shown_desk import ShownDesk, failure, retrieval
from tests.doubles.written_studies import CHEST, KNEE

ONE = UUID(int=1)


def wanted(uid: str, state: str = "complete", received: int = 10, problem: str = "") -> RetrievalStudy:
    return RetrievalStudy(uid, "main", state, 10, received, problem)


async def test_causes_and_studies_are_asked_for_again_or_given_up_by_forms(desk: ShownDesk, browse: httpx.AsyncClient):
    lost, away = "3 images lost\r\non the way ", "the PACS does not answer"
    studies = [
        wanted(CHEST, "incomplete", 7, lost),
        wanted(KNEE, "waiting", 0, away),
        wanted("1.9", "waiting", 0, away),
    ]
    desk.retrievals.views = [retrieval(1, studies)]
    page = page_of(await browse.get(f"/retrievals/{ONE}"))
    assert "2 studies: the PACS does not answer 20 images are missing. It is tried again by itself." in page.text
    assert "Ask again for 2 studies Give up 2 studies" in page.text
    assert "Ask again for 1 study Studies" in page.text  # given up is only what may still come
    first, second = [one["value"] for one in page.all("input", name="cause")]

    base = f"/retrievals/{ONE}/studies"
    for what, chosen in (
        ("retry", {"cause": second}),
        ("give-up", {"cause": first}),
        ("retry", {"study": CHEST}),
        ("give-up", {"study": KNEE}),
    ):
        response = await browse.post(f"{base}/{what}", data=chosen)
        assert (response.status_code, response.headers["location"]) == (303, f"/retrievals/{ONE}")
    assert [(what, chosen) for what, _, chosen, _ in desk.decisions.taken] == [
        ("retry", Chosen(studies=(CHEST,))),
        ("give-up", Chosen(studies=(KNEE, "1.9"))),
        ("retry", Chosen(studies=(CHEST,))),
        ("give-up", Chosen(studies=(KNEE,))),
    ]


async def test_a_cause_that_is_gone_stops_nobody_and_nothing_chosen_is_nothing_done(
    desk: ShownDesk, browse: httpx.AsyncClient
):
    desk.retrievals.views = [retrieval(1, [wanted(CHEST)])]
    gone = await browse.post(f"/retrievals/{ONE}/studies/retry", data={"cause": "0" * 16})
    nothing = await browse.post(f"/retrievals/{ONE}/studies/give-up", data={})
    assert (gone.status_code, nothing.status_code, desk.decisions.taken) == (303, 422, [])


@pytest.mark.parametrize("changes", [{"state": "cancelled"}, {"state": "incomplete", "refused": "it does not fit"}])
async def test_nothing_is_offered_of_what_nobody_will_take_up(
    desk: ShownDesk, browse: httpx.AsyncClient, changes: dict[str, str]
):
    desk.retrievals.views = [retrieval(1, [wanted(CHEST, "incomplete", 1, "it does not fit")], **changes)]
    page = page_of(await browse.get(f"/retrievals/{ONE}"))
    assert page.all("input", name="cause") + page.all("input", name="study") == []
    assert page.hrefs().count("/failures") == 1 + ("refused" in changes)


async def test_the_pace_is_told_where_it_is_known(desk: ShownDesk, browse: httpx.AsyncClient):
    told = Pace(240.0, NOW + timedelta(minutes=7))
    desk.retrievals.views = [retrieval(1, [wanted(KNEE, "running", 4)], pace=told), retrieval(2, state="complete")]
    for path in ("/retrievals", f"/retrievals/{ONE}"):
        page = page_of(await browse.get(path))
        assert "Images a minute" in page.text
        assert "240" in page.text
        assert page.all("time", datetime=told.expected_end.isoformat())
    assert page_of(await browse.get("/retrievals")).all("div", data_every="3")
    desk.retrievals.views = desk.retrievals.views[1:]
    assert page_of(await browse.get("/retrievals")).all("div", data_every="3") == []


async def test_a_retrieval_is_a_grid_of_its_studies_with_words(desk: ShownDesk, browse: httpx.AsyncClient):
    studies = [wanted(CHEST), wanted(KNEE, "running", 4), wanted("1.9", "incomplete", 7, "3 images lost on the way")]
    desk.retrievals.views = [retrieval(1, studies)]
    page = page_of(await browse.get(f"/retrievals/{ONE}"))
    squares = [link["class"] for link in page.all("a") if "square" in link.get("class", "")]
    assert squares == ["square square-complete", "square square-running", "square square-incomplete"]
    assert "1: complete 2: running 3: incomplete" in page.text
    assert "Images here 21 / 30" in page.text
    assert "1 study: 3 images lost on the way 3 images are missing." in page.text
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
    assert "incomplete 1 / 1 4 / 10 – – 6 1" in page.text
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
