"""Retrievals and failures: ordered, watched, settled."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from radquarry.api.pace import Pace
from radquarry.api.pages.formats import span
from radquarry.api.retrieval_decisions import Chosen
from radquarry.api.retrieval_views import RetrievalOrder, RetrievalStudy
from radquarry.messages import PacsEstimate
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_archives import NOW
from tests.doubles.shown_desk import ShownDesk, estimated, failure, retrieval
from tests.doubles.written_studies import CHEST, KNEE

ONE = UUID(int=1)
MAIN = PacsEstimate(pacs="main", studies=1, bytes_to_fetch=383_000_000, work_hours=1.5, ends_at=NOW)
OLD = PacsEstimate(pacs="old", studies=1, bytes_to_fetch=200_000_000, work_hours=0.5)


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


async def test_what_is_picked_is_reckoned_before_it_is_started(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.estimates.said = estimated(problems=("priors are not counted",))

    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST, KNEE, CHEST]}))

    assert desk.estimates.asked == [RetrievalOrder((CHEST, KNEE))]
    for told in ("Retrieve 2 studies", "Studies 2", "Series 7", "Images 1 412", "Images already here 300",
                 "To be fetched 583.0 MB / 741.0 MB", "Free on the disk 412.0 GB", "Takes about 3 h 24 min",
                 "It fits, and would be done by about", "1 assumption priors are not counted",
                 "MRI Knie"):  # fmt: skip
        assert told in page.text.replace("\u202f", " ")
    fields = {(one["name"], one["value"]) for one in page.all("input", type="hidden") if one["name"] != "here"}
    assert {("study", CHEST), ("study", KNEE), ("estimated_bytes", "583000000")} < fields
    assert desk.retrievals.orders == []

    response = await browse.post("/retrievals", data={"study": [CHEST, KNEE], "estimated_bytes": "583000000"})
    assert response.headers["location"] == f"/retrievals/{ONE}"
    assert desk.retrievals.orders == [RetrievalOrder((CHEST, KNEE), estimated_bytes=583_000_000)]


@pytest.mark.parametrize(
    ("back", "leads"), [("/?q=thorax", "/?q=thorax"), ("//elsewhere.example/", "/"), ("https://elsewhere.example", "/")]
)
async def test_the_way_back_leads_to_where_the_studies_were_picked(
    desk: ShownDesk, browse: httpx.AsyncClient, back: str, leads: str
):
    desk.estimates.said = estimated()
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST], "back": back}))
    assert page.hrefs().count(leads) >= 2
    assert not any("elsewhere" in href for href in page.hrefs())


@pytest.mark.parametrize(
    ("hours", "told"),
    [(0, "1 min"), (0.2, "12 min"), (1, "1 h"), (3.4, "3 h 24 min"), (24, "1 d"), (1234.5, "51 d 10 h")],
)
def test_a_time_is_told_in_the_units_of_its_size(hours: float, told: str):
    assert span(hours).replace("\u00a0", " ") == told


async def test_what_does_not_fit_is_not_offered_to_be_started(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.estimates.said = estimated(fits=False, free_bytes=10_000_000, problems=("assumed", "it would not fit: 1 GB"))
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST]}))
    assert "It does not fit: about 583.0 MB are to be fetched, and 10.0 MB are free." in page.text
    assert "1 assumption" in page.text
    assert "it would not fit" not in page.text
    assert page.all("button", class_="primary") == []


async def test_what_cannot_be_estimated_can_be_ordered_all_the_same(desk: ShownDesk, browse: httpx.AsyncClient):
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST]}))
    assert "could not be estimated" in page.text
    assert "Start without an estimate" in page.text
    assert page.all("input", name="estimated_bytes") == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"instances": 300, "instances_to_fetch": 0, "bytes_to_fetch": 0}, "All of it is here already."),
        ({"ends_at": None, "hours": None}, "when it would be done cannot be told"),
        ({"free_bytes": None}, "It fits, and would be done by about"),
        ({"of_pacs": (MAIN, OLD)}, "old 1 200.0 MB 30 min cannot be told"),
    ],
)
async def test_an_estimate_says_what_it_knows_and_what_not(
    desk: ShownDesk, browse: httpx.AsyncClient, said: dict[str, object], told: str
):
    desk.estimates.said = estimated(**said)
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST]}))
    assert told in page.text
    assert page.all("button", class_="primary")


async def test_only_so_many_studies_fit_in_an_address(desk: ShownDesk, browse: httpx.AsyncClient):
    many = {"study": [f"1.2.{number}" for number in range(501)]}
    for answer in (await browse.get("/retrievals/new", params=many), await browse.get("/retrievals/new")):
        assert answer.status_code == 422
    assert desk.estimates.asked == []


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
